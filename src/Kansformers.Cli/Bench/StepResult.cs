using System.Text.Json.Serialization;
using Kansformers.Runtime;
using Kansformers.Transformers;

namespace Kansformers.Cli.Bench;

/// <summary>The measurements of one step case, as <c>bench step --json</c> prints them; null is what was not measured.</summary>
internal sealed record StepResult
{
    public StepResult(StepCase step, IReadOnlyDictionary<string, Timing> timings, IReadOnlyDictionary<string, MemoryResult> memory)
    {
        (Case, Timings) = (step, timings);
        Parameters = ModelDescription.Of(step.Options).ParameterCount;
        ModelOptions linear = EqualParameters.Find(step.Options, Parameters);
        (MlpParameters, MlpWidth) = (ModelDescription.Of(linear).ParameterCount, linear.Width);
        Memory = memory;
    }

    [JsonIgnore]
    public StepCase Case { get; }

    public string Model => Case.Model;

    public string Placement => Case.Placement.Text();

    public string Kan => Case.Kan;

    public string Sharing => Case.Sharing;

    public string Precision => Case.Precision.Text();

    public int Vocab => Case.Vocabulary;

    public int Block => Case.Block;

    public int Batch => Case.Batch;

    public long Parameters { get; }

    public double? ReferenceMs => Of(StepContestants.Reference)?.MedianMs;

    public double? OursMs => Of(StepContestants.Ours)?.MedianMs;

    public double? GemmBoundMs => Of(StepContestants.Bound)?.MedianMs;

    /// <summary>The step of the GPT of linear layers with about as many parameters; a model without KAN layers is that GPT itself.</summary>
    public double? MlpSameParametersMs => Case.Placement == KanPlacement.None ? OursMs : Of(StepContestants.Linear)?.MedianMs;

    public long MlpParameters { get; }

    public int MlpWidth { get; }

    public double? TokensPerSecond => OursMs is double ms ? 1000.0 * Batch * Block / ms : null;

    /// <summary>The most memory that a process which trains this model held: libtorch, parameters and moments included.</summary>
    public long? PeakMemoryBytes => Memory.GetValueOrDefault(StepContestants.Ours)?.PeakBytes;

    public long? ReferencePeakMemoryBytes => Memory.GetValueOrDefault(StepContestants.Reference)?.PeakBytes;

    public long? MlpPeakMemoryBytes => Memory.GetValueOrDefault(Case.Placement == KanPlacement.None ? StepContestants.Ours : StepContestants.Linear)?.PeakBytes;

    /// <summary>The same beyond what the process held when the parameters were there: gradients, moments, activations.</summary>
    public long? PeakExtraBytes => Memory.GetValueOrDefault(StepContestants.Ours)?.PeakExtraBytes;

    public long? MlpPeakExtraBytes => Memory.GetValueOrDefault(Case.Placement == KanPlacement.None ? StepContestants.Ours : StepContestants.Linear)?.PeakExtraBytes;

    public long? ReferencePeakExtraBytes => Memory.GetValueOrDefault(StepContestants.Reference)?.PeakExtraBytes;

    public IReadOnlyDictionary<string, Timing> Timings { get; }

    [JsonIgnore]
    public IReadOnlyDictionary<string, MemoryResult> Memory { get; }

    private Timing? Of(string name) => Timings.GetValueOrDefault(name);
}
