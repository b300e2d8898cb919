using Kansformers.Generation;
using Kansformers.Text;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Findings;

/// <summary>Measures what a model predicts over the first windows of the held-out text.</summary>
internal sealed class PredictionStudy
{
    private const int FirstWindows = 4, Bins = 10;

    private static readonly double[] Temperatures = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.2, 1.3, 1.5, 2];

    private readonly CausalModel _model;
    private readonly TokenizedCorpus _corpus;
    private readonly TokenClasses _classes;
    private readonly Scale _scale;
    private readonly TokenBatch _text;

    public PredictionStudy(CausalModel model, TokenizedCorpus corpus, TokenClasses classes, Scale scale)
    {
        (_model, _corpus, _classes, _scale) = (model, corpus, classes, scale);
        _text = Measures.Windows(corpus.Validation, model.Options.BlockSize, scale.WordTokens / model.Options.BlockSize);
    }

    /// <summary>The probability of ids that the training text does not have, at temperature 1, over the first few windows.</summary>
    public double NeverSeenMass()
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _model.eval();
        Tensor logits = _model.forward(_text.Tokens[..Math.Min(FirstWindows, (int)_text.Tokens.shape[0])]).flatten(0, 1);
        Tensor never = tensor(_classes.Seen).logical_not().to_type(ScalarType.Float32);
        return logits.softmax(-1).matmul(never).mean().to_type(ScalarType.Float64).item<double>();
    }

    /// <summary>Everything.</summary>
    /// <param name="seed">Of the texts that are sampled.</param>
    public Predictions Run(long seed)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        _model.eval();
        Tensor kinds = _classes.Matrix(), seen = tensor(_classes.Seen).to_type(ScalarType.Float32);
        double[,] sums = new double[Temperatures.Length, 3 + TokenClasses.Names.Count];
        double[] shape = new double[4];
        List<(double Confidence, bool Right)> guesses = [];
        for (int window = 0; window < _text.Tokens.shape[0]; window++)
        {
            using var chunk = NewDisposeScope();
            Tensor logits = _model.forward(_text.Tokens[window..(window + 1)]).flatten(0, 1), targets = _text.Targets[window];
            for (int i = 0; i < Temperatures.Length; i++)
                Add(sums, i, logits / Temperatures[i], targets, kinds, seen);
            AddShape(shape, logits, seen);
            (Tensor most, Tensor which) = logits.softmax(-1).max(-1);
            guesses.AddRange(most.to_type(ScalarType.Float64).data<double>().ToArray().Zip(which.eq(targets).data<bool>().ToArray()));
        }

        int tokens = guesses.Count;
        AtTemperature[] rows = [.. Temperatures.Select((temperature, i) => new AtTemperature(
            temperature, sums[i, 0] / tokens, sums[i, 1] / tokens, sums[i, 2] / tokens,
                [.. TokenClasses.Names.Select((_, kind) => sums[i, 3 + kind] / tokens)]))];
        ReliabilityBin[] bins = [.. guesses.OrderBy(guess => guess.Confidence).Chunk(Math.Max(1, (tokens + Bins - 1) / Bins))
            .Select(bin => new ReliabilityBin(bin.Average(guess => guess.Confidence), bin.Average(guess => guess.Right ? 1.0 : 0)))];
        return new Predictions
        {
            Temperatures = rows,
            Best = rows.MinBy(row => row.CrossEntropy)!,
            CalibrationError = bins.Average(bin => Math.Abs(bin.Confidence - bin.Accuracy)),
            Reliability = bins,
            Logits = new LogitShape(shape[0] / tokens, shape[1] / tokens, shape[2] / tokens, shape[3] / tokens),
            Texts = [.. new[] { 0.5, 0.8, 1, 1.2 }.Select(temperature => Write(temperature, seed))],
        };
    }

    private static void Add(double[,] sums, int row, Tensor logits, Tensor targets, Tensor kinds, Tensor seen)
    {
        using var scope = NewDisposeScope();
        Tensor logs = logits.log_softmax(-1), probabilities = logs.exp(), terms = probabilities * logs;
        sums[row, 0] -= Sum(logs.gather(1, targets.unsqueeze(1)));
        sums[row, 1] -= Sum(terms);

        // Of p / m over the ids that are left, m their probability, the entropy is log m - (Σ p log p) / m.
        Tensor left = probabilities.matmul(seen);
        sums[row, 2] += Sum(left.log() - terms.matmul(seen) / left);
        double[] mass = probabilities.matmul(kinds).sum([0L]).to_type(ScalarType.Float64).data<double>().ToArray();
        for (int kind = 0; kind < mass.Length; kind++)
            sums[row, 3 + kind] += mass[kind];
    }

    private static void AddShape(double[] shape, Tensor logits, Tensor seen)
    {
        using var scope = NewDisposeScope();
        Tensor centred = logits - logits.mean([-1L], keepdim: true), deviation = centred.pow(2).mean([-1L]).sqrt();
        Tensor standard = centred / deviation.unsqueeze(-1);
        shape[0] += Sum(deviation);
        shape[1] += Sum(standard.pow(3).mean([-1L]));
        shape[2] += Sum(standard.pow(4).mean([-1L]) - 3);
        double known = Math.Max(1, Sum(seen)), unknown = Math.Max(1, seen.numel() - known);
        shape[3] += Sum(logits.matmul(seen)) / known - Sum(logits.matmul(1 - seen)) / unknown;
    }

    private static double Sum(Tensor values)
    {
        using var scope = NewDisposeScope();
        return values.sum(ScalarType.Float64).item<double>();
    }

    private Written Write(double temperature, long seed)
    {
        int[] start = _corpus.Tokenizer.Encode("\n");
        long[] ids = [.. new TokenGenerator(_model, _corpus.Tokenizer.VocabularySize)
            .Generate(start, new SamplingOptions { MaxNewTokens = _scale.SampleTokens, Temperature = temperature, Seed = seed,
                StopAtEndOfText = false }).Select(id => (long)id)];
        string text = _corpus.Tokenizer.Decode([.. ids.Select(id => (int)id)]);
        return new Written(temperature, text, _classes.KnownWords(text), ids.Distinct().Count() / (double)ids.Length, _classes.Shares(ids));
    }
}
