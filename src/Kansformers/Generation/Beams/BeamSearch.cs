using Kansformers.Runtime;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Generation;

/// <summary>
/// Looks for the likeliest text that a model can write, by beams: as <see cref="BeamOptions"/> says, and as Hugging Face's library does, so that the same model finds the same
/// texts. Keys and values of the encoder are computed once, those of the tokens are kept.
/// </summary>
public sealed class BeamSearch
{
    private readonly TransformerModel _model;
    private readonly BeamOptions _options;

    /// <summary>Makes a search with an encoder-decoder, which must live as long.</summary>
    /// <param name="model">The model; while it searches it is in evaluation mode.</param>
    /// <param name="options">How to search; null for the defaults.</param>
    /// <exception cref="KansformersException">An option is invalid, or names a token that the model does not have.</exception>
    public BeamSearch(Bart model, BeamOptions? options = null)
        : this(model, options, ((BartOptions?)model?.Options)?.EndId)
    {
    }

    /// <summary>Makes a search with a model that continues text, which must live as long.</summary>
    /// <param name="model">The model; while it searches it is in evaluation mode.</param>
    /// <param name="options">How to search; null for the defaults. Without <see cref="BeamOptions.EndOfText"/> no text ends before the most tokens.</param>
    /// <exception cref="KansformersException">An option is invalid, or names a token that the model does not have.</exception>
    public BeamSearch(CausalModel model, BeamOptions? options = null)
        : this(model, options, null)
    {
    }

    private BeamSearch(TransformerModel model, BeamOptions? options, int? end)
    {
        ArgumentNullException.ThrowIfNull(model);
        (_model, _options) = (model, options ?? new BeamOptions());
        _options.Validate();
        Ends = _options.EndOfText ?? (end is int id ? [id] : []);
        foreach ((string name, int? token) in (IEnumerable<(string, int?)>)[("forced begin", _options.ForcedBegin), ("forced end", _options.ForcedEnd), .. Ends.Select(id => ("end of text", (int?)id))])
        {
            if (token < 0 || token >= model.Options.VocabularySize)
                throw new KansformersException($"{name} is {token}; it must be a token of the model, 0 to {model.Options.VocabularySize - 1}");
        }
    }

    /// <summary>The tokens that end a text.</summary>
    public IReadOnlyList<int> Ends { get; }

    /// <summary>The best texts for each of some inputs: what an encoder-decoder writes when it has read the input, or how a model that continues text goes on from it.</summary>
    /// <param name="inputs">The inputs: token ids, at least one each.</param>
    /// <param name="cancellation">Ends the search with <see cref="OperationCanceledException"/> before the next token.</param>
    /// <returns>For each input its texts, <see cref="BeamOptions.Returned"/> of them where as many were found, the best first.</returns>
    /// <exception cref="ArgumentException">An input holds no token.</exception>
    /// <exception cref="KansformersException">An input holds an id that the model does not have, there is no room in the model's block, or the model's weights are broken.</exception>
    public IReadOnlyList<IReadOnlyList<BeamResult>> Generate(IReadOnlyList<IReadOnlyList<int>> inputs, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        foreach (IReadOnlyList<int> input in inputs)
            RequireTokens(input);
        if (inputs.Count == 0)
            return [];
        using EvaluationMode mode = new(_model);
        using var guard = no_grad();
        if (_model is Bart bart)
        {
            int start = ((BartOptions)bart.Options).StartId;
            int room = Most(1);
            using BartBeams beams = new(bart, Read(bart, inputs, room));
            return Search(beams, [.. inputs.Select(_ => (IReadOnlyList<int>)[start])], room, cancellation);
        }

        return [.. inputs.Select(input =>
        {
            int most = Most(input.Count);
            using CausalBeams beams = new((CausalModel)_model, input.Count + most - 1);
            return Search(beams, [input], most, cancellation)[0];
        })];
    }

    // How many tokens may come behind those of a prompt: the last one is not read any more.
    private int Most(int prompt)
    {
        int room = _model.Options.BlockSize - prompt + 1, most = _options.MaxNewTokens ?? Math.Min(room, (_options.MaxLength ?? int.MaxValue) - prompt);
        if (_options.MaxNewTokens > room || room < 1)
            throw new KansformersException($"{prompt} tokens and {most} new ones are more than the model's block of {_model.Options.BlockSize} has room for; ask for {Math.Max(0, room)} at most");
        return most >= 1 ? most : throw new KansformersException($"a text that goes on from {prompt} tokens is no shorter than max length, which is {_options.MaxLength}; say how many new tokens there may be");
    }

    private BeamResult[][] Search(IBeamModel model, IReadOnlyList<int>[] prompts, int most, CancellationToken cancellation)
    {
        BeamSet[] sets = [.. prompts.Select(prompt => new BeamSet(_options, Ends, prompt, most))];
        BeamRules rules = new(_options, Ends, most);
        int[] active = [.. Enumerable.Range(0, sets.Length)];
        long[] fed = [.. prompts.SelectMany(prompt => prompt).Select(id => (long)id)];

        // Before the first token all beams are one.
        for (int rows = 1; active.Length > 0; rows = _options.Beams)
        {
            cancellation.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            Tensor logits = model.Next(tensor(fed, [active.Length * rows, fed.Length / (active.Length * rows)], device: _model.Device));
            Tensor scores = nn.functional.log_softmax(logits.to(ScalarType.Float32), -1).cpu().contiguous(); // (rows, vocabulary)
            if (scores.isnan().any().item<bool>())
                throw new KansformersException("the model's logits are not numbers: its weights are broken; load another checkpoint");
            int vocabulary = (int)scores.shape[1], from = rows;
            for (int i = 0; i < active.Length; i++)
                sets[active[i]].Step(RawMemory.Span<float>(scores).Slice(i * rows * vocabulary, rows * vocabulary), vocabulary, rules);

            int[] going = [.. Enumerable.Range(0, active.Length).Where(i => !sets[active[i]].IsDone)];
            if (going.Length > 0)
                model.Select(Rows(going.SelectMany(i => sets[active[i]].Open.Select(beam => (long)(i * from) + beam.Parent))), going.Length == active.Length ? null : Rows(going.Select(i => (long)i)));
            active = [.. going.Select(i => active[i])];
            fed = [.. active.SelectMany(i => sets[i].Open.Select(beam => (long)beam.Tokens[^1]))];
        }

        return [.. sets.Select(set => set.Results().ToArray())];

        Tensor Rows(IEnumerable<long> rows) => tensor(rows.ToArray(), device: _model.Device);
    }

    // The texts as one batch, the shorter ones filled up at their ends; with room for so many tokens of the decoder.
    private static DecoderCache Read(Bart model, IReadOnlyList<IReadOnlyList<int>> inputs, int room)
    {
        int longest = inputs.Max(input => input.Count);
        if (longest > model.Options.BlockSize)
            throw new KansformersException($"a text of {longest} tokens is longer than the model's block of {model.Options.BlockSize}; cut it");
        long[] ids = new long[inputs.Count * longest], mask = new long[ids.Length];
        Array.Fill(ids, ((BartOptions)model.Options).PaddingId);
        for (int row = 0; row < inputs.Count; row++)
        {
            for (int i = 0; i < inputs[row].Count; i++)
                (ids[row * longest + i], mask[row * longest + i]) = (inputs[row][i], 1);
        }

        using var scope = NewDisposeScope();
        return model.Open(tensor(ids, [inputs.Count, longest], device: model.Device), mask.Contains(0) ? tensor(mask, [inputs.Count, longest], device: model.Device) : null, room);
    }

    private void RequireTokens(IReadOnlyList<int> input)
    {
        if (input is not { Count: > 0 })
            throw new ArgumentException("an input holds no token");
        if (input.Any(id => (uint)id >= (uint)_model.Options.VocabularySize))
            throw new KansformersException($"an input holds a token id that is outside the model's vocabulary (0 to {_model.Options.VocabularySize - 1}); use the tokenizer that the model was trained with");
    }
}
