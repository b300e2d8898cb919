using System.Text.Json;
using Kansformers.Files;

namespace Kansformers.Checkpoints;

/// <summary>JSON files of other programs.</summary>
internal static class JsonFile
{
    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="mostBytes">The most that is read: a larger one is not what it should be.</param>
    /// <exception cref="KansformersException">It is missing, too large or no JSON.</exception>
    public static JsonDocument Read(string path, long mostBytes)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            if (stream.Length > mostBytes)
                throw new KansformersException($"'{path}' has {stream.Length} bytes; a file of its kind has at most {mostBytes}");
            JsonDocument document = JsonDocument.Parse(stream, new JsonDocumentOptions { MaxDepth = 64 });
            try
            {
                RequireText(document.RootElement);
                return document;
            }
            catch
            {
                document.Dispose();
                throw;
            }
        }
        catch (InvalidOperationException failure)
        {
            throw new KansformersException($"'{path}' holds text that is no Unicode; get it again", failure);
        }
        catch (JsonException failure)
        {
            throw new KansformersException($"'{path}' is not valid JSON (line {failure.LineNumber + 1}); get it again", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new KansformersException($"cannot read '{path}': {AtomicFile.Reason(failure)}", failure);
        }
    }

    // The parser finds bytes that are no UTF-8, and halves of surrogate pairs, only when a text is asked for.
    private static void RequireText(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.String:
                element.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in element.EnumerateArray())
                    RequireText(item);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in element.EnumerateObject())
                {
                    _ = property.Name;
                    RequireText(property.Value);
                }

                break;
            default:
                break;
        }
    }
}
