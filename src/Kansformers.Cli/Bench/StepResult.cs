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

    public string Family => Case.Options.Family.Name;

    public string Placement => Case.Options.Placement.Text();

    public string Kan => Case.Options.Kan.Kind;

    public string Sharing => Case.Options.Kan.Sharing.ToString();

    public string Precision => Case.Precision.Text();

    public int Vocab => Case.Options.VocabularySize;

    public int Block => Case.Options.BlockSize;

    public int Batch => Case.Batch;

    public long Parameters { get; }

    public double? ReferenceMs => Of(StepContestants.Reference)?.MedianMs;

    public double? OursMs => Of(StepContestants.Ours)?.MedianMs;

    public double? GemmBoundMs => Of(StepContestants.Bound)?.MedianMs;

    /// <summary>The step of the model of linear layers and fixed functions with about as many parameters; one without KAN layers is that model itself.</summary>
    public double? MlpSameParametersMs => StepContestants.IsOfKan(Case) ? Of(StepContestants.Linear)?.MedianMs : OursMs;

    public long MlpParameters { get; }

    public int MlpWidth { get; }

    public double? TokensPerSecond => OursMs is double ms ? 1000.0 * Batch * Block / ms : null;

    /// <summary>The most memory that a process which trains this model held: libtorch, parameters and moments included.</summary>
    public long? PeakMemoryBytes => Memory.GetValueOrDefault(StepContestants.Ours)?.PeakBytes;

    public long? ReferencePeakMemoryBytes => Memory.GetValueOrDefault(StepContestants.Reference)?.PeakBytes;

    public long? MlpPeakMemoryBytes => Memory.GetValueOrDefault(StepContestants.IsOfKan(Case) ? StepContestants.Linear : StepContestants.Ours)?.PeakBytes;

    /// <summary>The same beyond what the process held when the parameters were there: gradients, moments, activations.</summary>
    public long? PeakExtraBytes => Memory.GetValueOrDefault(StepContestants.Ours)?.PeakExtraBytes;

    public long? MlpPeakExtraBytes => Memory.GetValueOrDefault(StepContestants.IsOfKan(Case) ? StepContestants.Linear : StepContestants.Ours)?.PeakExtraBytes;

    public long? ReferencePeakExtraBytes => Memory.GetValueOrDefault(StepContestants.Reference)?.PeakExtraBytes;

    public IReadOnlyDictionary<string, Timing> Timings { get; }

    [JsonIgnore]
    public IReadOnlyDictionary<string, MemoryResult> Memory { get; }

    private Timing? Of(string name) => Timings.GetValueOrDefault(name);
}
