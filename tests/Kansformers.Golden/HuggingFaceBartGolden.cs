using System.Globalization;
using System.Text.RegularExpressions;
using Kansformers.Checkpoints;
using Kansformers.Generation;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Golden;

/// <summary>A golden folder of a BART in Hugging Face's layout: every weight file, hidden states, logits, loss, every gradient, the folder as we write it, greedy text and the best of beams.</summary>
internal static partial class HuggingFaceBartGolden
{
    private const string ModelType = "bart", Greedy = "greedy";

    public static bool Is(string folder) => File.Exists(Path.Combine(folder, "config.json")) && HuggingFaceFolder.IsOne(folder) && HuggingFaceFolder.TypeIn(folder) == ModelType;

    public static GoldenReport Run(string folder)
    {
        string outputs = Path.Combine(folder, "expected.safetensors");
        using TensorFile? expected = File.Exists(outputs) ? StateDictionary.Load(outputs) : null;
        using var scope = NewDisposeScope();
        using Bart model = (Bart)TransformerModel.FromPretrained(folder);
        Comparison comparison = new(expected);
        HuggingFaceFolders.SameWeights(model, folder, comparison);
        HuggingFaceFolders.Written(model, folder, comparison);
        if (expected is not null)
        {
            Gradients(model, comparison);
            string note = expected.Metadata.GetValueOrDefault("note", "");
            foreach (string name in comparison.Names.Where(name => name == Greedy || BeamName().IsMatch(name)).ToArray())
                Generated(model, name, note, comparison);
        }

        return new GoldenReport(folder, $"hf_{ModelType}", comparison.Rows) { Note = expected is null ? null : WeakBeams(comparison, ((BartOptions)model.Options).PaddingId) };
    }

    private static void Gradients(Bart model, Comparison comparison)
    {
        using var scope = NewDisposeScope();
        model.eval(); // without dropout, whatever config.json says
        Tensor ids = comparison.Expected("input_ids");
        Tensor? mask = Optional("attention_mask"), decoder = Optional("decoder_input_ids"), decoderMask = Optional("decoder_attention_mask");
        if (comparison.Has("encoder_last_hidden_state"))
            comparison.Add("encoder_last_hidden_state", model.Encode(ids, mask), Comparison.Float32);
        Tensor? targets = Optional("labels") is Tensor labels ? where(labels.eq(HuggingFaceFolders.Ignored), full_like(labels, -1), labels) : null;
        comparison.Add("logits", model.forward(ids, decoder ?? model.ShiftRight(targets ?? ids), mask, decoderMask), Comparison.Float32);
        if (targets is null)
            return;
        Tensor loss = model.Loss(new TokenBatch(ids, targets) { Mask = mask, DecoderTokens = decoder });
        loss.backward();
        comparison.Add("loss", loss, Comparison.Float32);
        HuggingFaceFolders.Gradients(model, comparison);
        model.zero_grad();

        Tensor? Optional(string name) => comparison.Has(name) ? comparison.Expected(name) : null;
    }

    // Beams that found what greedy choice finds say little of the search.
    private static string? WeakBeams(Comparison comparison, int padding)
    {
        string[] weak = !comparison.Has(Greedy) ? [] : [.. comparison.Names.Where(name => BeamName().IsMatch(name) && Texts(name).SequenceEqual(Texts(Greedy)))];
        return weak.Length == 0 ? null : $"{string.Join(", ", weak)}: every text is that of greedy choice, so they say little of beam search; BeamSearchTests has searches whose texts differ";

        IEnumerable<string> Texts(string name) => comparison.Expected(name).unbind().Select(row => row.data<long>().ToArray()).Select(ids => string.Join(' ', ids[..(Array.FindLastIndex(ids, id => id != padding) + 1)]));
    }

    // Texts behind the token that they begin from, the shorter ones filled up; how they were looked for stands in a note.
    private static void Generated(Bart model, string name, string note, Comparison comparison)
    {
        BartOptions bart = (BartOptions)model.Options;
        Tensor wanted = comparison.Expected(name), ids = comparison.Expected("input_ids");
        Tensor mask = comparison.Has("attention_mask") ? comparison.Expected("attention_mask") : ones_like(ids);
        int most = Number("max_length") is double told ? (int)told : (int)wanted.shape[1];
        BeamOptions options = name == Greedy ? new BeamOptions { Beams = 1, MaxNewTokens = most - 1 } : new BeamOptions
        {
            Beams = int.Parse(BeamName().Match(name).Groups[1].Value, CultureInfo.InvariantCulture),
            MaxNewTokens = most - 1,
            LengthPenalty = Number("length_penalty") ?? 1,
            NoRepeatNgram = (int)(Number("no_repeat_ngram_size") ?? 0),
            MinNewTokens = (int)Math.Max(0, (Number("min_length") ?? 0) - 1),
            ForcedBegin = (int?)Number("forced_bos_token_id"),
            ForcedEnd = (int?)Number("forced_eos_token_id"),
            Stop = note.Contains("early_stopping", StringComparison.Ordinal) && !Regex.IsMatch(note, "early_stopping[ =:]*(false|False)") ? BeamStop.First : BeamStop.Estimated,
        };
        List<int>[] inputs = [.. Enumerable.Range(0, (int)ids.shape[0]).Select(row => Enumerable.Range(0, (int)ids.shape[1]).Where(at => mask[row, at].item<long>() != 0).Select(at => (int)ids[row, at].item<long>()).ToList())];
        BeamResult[] found = [.. new BeamSearch(model, options).Generate(inputs).Select(texts => texts[0])];
        long[] rows = new long[found.Length * wanted.shape[1]];
        Array.Fill(rows, bart.PaddingId);
        for (int row = 0; row < found.Length; row++)
        {
            int[] text = [bart.StartId, .. found[row].Tokens];
            for (int at = 0; at < Math.Min(text.Length, wanted.shape[1]); at++)
                rows[row * wanted.shape[1] + at] = text[at];
        }

        comparison.Add(name, tensor(rows, wanted.shape), 0);

        double? Number(string option) => Regex.Match(note, option + @"[ =:]+(-?\d+(\.\d+)?)") is { Success: true } match ? double.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex(@"^beam(\d+)$")]
    private static partial Regex BeamName();
}
