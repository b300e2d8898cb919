using System.Text.Json.Serialization;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>The measurements of text generation, as <c>bench decode --json</c> prints them; null is what was not measured.</summary>
internal sealed record DecodeResult
{
    private readonly DecodeCase _case;

    public DecodeResult(DecodeCase decode, long parameters, IReadOnlyDictionary<string, Timing> timings) => (_case, Parameters, Timings) = (decode, parameters, timings);

    public string Model => _case.Model.Model;

    public string Family => _case.Model.Options.Family.Name;

    public string Placement => _case.Model.Options.Placement.Text();

    public string Kan => _case.Model.Options.Kan.Kind;

    public string Sharing => _case.Model.Options.Kan.Sharing.ToString();

    public int Vocab => _case.Model.Options.VocabularySize;

    public int Block => _case.Model.Options.BlockSize;

    public long Parameters { get; }

    /// <summary>Tokens of the prompt.</summary>
    public int Prompt => _case.Prompt;

    /// <summary>Tokens that were generated.</summary>
    public int Tokens => _case.Tokens;

    public double? OursTokensPerSecond => TokensPerSecond(DecodeContestants.Ours);

    public double? DenseTokensPerSecond => TokensPerSecond(DecodeContestants.Dense);

    public double? ReferenceCachedTokensPerSecond => TokensPerSecond(DecodeContestants.ReferenceCached);

    /// <summary>Of the reference without a cache.</summary>
    public double? ReferenceTokensPerSecond => TokensPerSecond(DecodeContestants.Reference);

    public double? OursFirstTokenMs => Timings.GetValueOrDefault(DecodeContestants.Ours)?.ForwardMs;

    public double? ReferenceFirstTokenMs => Timings.GetValueOrDefault(DecodeContestants.Reference)?.ForwardMs;

    /// <summary>How many times faster than the reference without a cache.</summary>
    public double? Speedup => OursTokensPerSecond / ReferenceTokensPerSecond;

    public IReadOnlyDictionary<string, Timing> Timings { get; }

    /// <summary>All tokens over the whole time, the prompt's included.</summary>
    public double? TokensPerSecond(string name) => Timings.GetValueOrDefault(name) is Timing timing ? 1000 * Tokens / timing.MedianMs : null;
}

/// <summary>One layer at batch 1, in microseconds.</summary>
internal sealed record DecodeLayerResult(long In, long Out, [property: JsonIgnore] IReadOnlyDictionary<string, Timing> Timings)
{
    public double LiveUs => Microseconds(DecodeContestants.Ours, timing => timing.MedianMs);

    public double DenseUs => Microseconds(DecodeContestants.Dense, timing => timing.MedianMs);

    public double LinearUs => Microseconds(LayerContestants.Linear, timing => timing.MedianMs);

    public double LiveMinUs => Microseconds(DecodeContestants.Ours, timing => timing.MinMs);

    public double DenseMinUs => Microseconds(DecodeContestants.Dense, timing => timing.MinMs);

    public double LinearMinUs => Microseconds(LayerContestants.Linear, timing => timing.MinMs);

    private double Microseconds(string name, Func<Timing, double> of) => 1000 * of(Timings[name]) / DecodeContestants.LayerPasses;
}
