using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kansformers.Training;

/// <summary>One line of <c>log.jsonl</c>, to and from JSON. JSON has no NaN: such numbers are the strings "NaN", "Infinity", "-Infinity".</summary>
/// <param name="Step">The entry's step.</param>
/// <param name="Kind">The entry's kind.</param>
/// <param name="Entry">The entry; null for a kind that this version does not know.</param>
internal readonly record struct LogLine(long Step, string Kind, LogEntry? Entry)
{
    private const string Train = "train", Validation = "validation", Note = "note";

    // Relaxed: notes stay readable in a pager; the file is never put into a web page.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public bool IsTrain => Kind == Train;

    public bool IsValidation => Kind == Validation;

    /// <summary>The entry as a line of UTF-8, its line feed included.</summary>
    public static ReadOnlyMemory<byte> Format(LogEntry entry)
    {
        ArrayBufferWriter<byte> line = new(256);
        using (Utf8JsonWriter json = new(line, Options))
        {
            json.WriteStartObject();
            json.WriteNumber("step", entry.Step);
            WriteFields(json, entry);
            json.WriteEndObject();
        }

        line.Write("\n"u8);
        return line.WrittenMemory;
    }

    /// <summary>Reads a line.</summary>
    /// <exception cref="FormatException">It is no log line.</exception>
    public static LogLine Parse(string line)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement json = document.RootElement;
            long step = json.GetProperty("step").GetInt64();
            string kind = json.GetProperty("kind").GetString() ?? throw new FormatException("its kind is null");
            return new LogLine(step, kind, ReadEntry(json, step, kind));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new FormatException("no log entry", failure);
        }
    }

    private static void WriteFields(Utf8JsonWriter json, LogEntry entry)
    {
        switch (entry)
        {
            case TrainRecord train:
                json.WriteString("kind", Train);
                Write(json, "loss", train.Loss);
                Write(json, "learning_rate", train.LearningRate);
                Write(json, "grad_norm", train.GradNorm);
                json.WriteNumber("tokens", train.Tokens);
                Write(json, "tokens_per_second", train.TokensPerSecond);
                Write(json, "seconds", train.Seconds);
                break;
            case ValidationRecord validation:
                json.WriteString("kind", Validation);
                Write(json, "loss", validation.Loss);
                json.WriteBoolean("best", validation.Best);
                json.WriteNumber("tokens", validation.Tokens);
                Write(json, "seconds", validation.Seconds);
                if (validation.OutsideGrid is double share)
                    Write(json, "outside_grid", share);
                WriteMeasures(json, validation.Measures);
                break;
            case NoteRecord note:
                json.WriteString("kind", Note);
                json.WriteString("text", note.Text);
                break;
            default:
                throw new ArgumentException($"no form in the log for {entry.GetType()}", nameof(entry));
        }
    }

    private static LogEntry? ReadEntry(JsonElement json, long step, string kind) => kind switch
    {
        Train => new TrainRecord
        {
            Step = step,
            Loss = Number(json, "loss"),
            LearningRate = Number(json, "learning_rate"),
            GradNorm = Number(json, "grad_norm"),
            Tokens = json.GetProperty("tokens").GetInt64(),
            TokensPerSecond = Number(json, "tokens_per_second"),
            Seconds = Number(json, "seconds"),
        },
        Validation => new ValidationRecord
        {
            Step = step,
            Loss = Number(json, "loss"),
            Best = json.GetProperty("best").GetBoolean(),
            Tokens = json.GetProperty("tokens").GetInt64(),
            Seconds = Number(json, "seconds"),
            OutsideGrid = json.TryGetProperty("outside_grid", out _) ? Number(json, "outside_grid") : null,
            Measures = json.TryGetProperty("measures", out JsonElement measures) ? [.. measures.EnumerateObject().Select(entry => new Measure(entry.Name, Number(measures, entry.Name)))] : [],
        },
        Note => new NoteRecord { Step = step, Text = json.GetProperty("text").GetString() ?? "" },
        _ => null,
    };

    private static void WriteMeasures(Utf8JsonWriter json, IReadOnlyList<Measure> measures)
    {
        if (measures.Count == 0)
            return;
        json.WriteStartObject("measures");
        foreach (Measure measure in measures)
            Write(json, measure.Name, measure.Value);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, string name, double value)
    {
        if (double.IsFinite(value))
            json.WriteNumber(name, value);
        else
            json.WriteString(name, value.ToString(CultureInfo.InvariantCulture));
    }

    private static double Number(JsonElement json, string name)
    {
        JsonElement value = json.GetProperty(name);
        if (value.ValueKind != JsonValueKind.String)
            return value.GetDouble();
        return value.GetString() switch
        {
            "NaN" => double.NaN,
            "Infinity" => double.PositiveInfinity,
            "-Infinity" => double.NegativeInfinity,
            _ => throw new FormatException($"'{name}' is no number"),
        };
    }
}
