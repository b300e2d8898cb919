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
            if (JsonText.Fault(document.RootElement) is not string place)
                return document;
            document.Dispose();
            throw new KansformersException($"'{path}' holds text that is no Unicode ({place}); get it again");
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
}
