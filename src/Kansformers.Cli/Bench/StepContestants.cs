using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Cli.Bench;

/// <summary>Makes the contestants of a step case; each has a model and an optimizer of its own.</summary>
internal sealed class StepContestants : IDisposable
{
    // The share of tokens that an encoder has to guess.
    private const double EncoderTargets = 0.15;

    public const string Reference = "reference", Ours = "ours", Bound = "bound", Linear = "linear GPT";

    private readonly StepCase _case;
    private readonly DisposeScope _scope = NewDisposeScope();
    private readonly List<IDisposable> _owned = [];
    private readonly Tensor _ids, _targets;

    public StepContestants(StepCase step)
    {
        _case = step;
        _ids = randint(0, step.Options.VocabularySize, [step.Batch, step.Options.BlockSize], ScalarType.Int64);
        _targets = randint(0, step.Options.VocabularySize, [step.Batch, step.Options.BlockSize], ScalarType.Int64);
        if (!step.Options.Family.IsCausal)
            _targets[rand_like(_targets, ScalarType.Float32).gt(EncoderTargets)] = -1; // as in masked language modelling
    }

    /// <summary>The contestants that train, of which the memory can be measured; without KAN layers and learned functions the model is its own linear one.</summary>
    public static IEnumerable<string> Trained(StepCase step, bool reference, bool linear) =>
        new[] { Reference, Ours, Linear }.Where(name => (name != Reference || reference) && (name != Linear || (linear && IsOfKan(step))));

    /// <summary>Whether the model of a case learns more than numbers, so that a linear one can stand beside it.</summary>
    public static bool IsOfKan(StepCase step) => step.Options != step.Options.WithoutKan();

    /// <summary>Makes a contestant.</summary>
    /// <param name="name">One of the constants.</param>
    /// <param name="modelMade">Called when the model is there and its optimizer is not: the reference's makes its moments late, ours early.</param>
    public Contestant Make(string name, Action? modelMade = null)
    {
        if (name == Bound)
            return MakeBound();
        ModelOptions options = name == Linear ? EqualParameters.Find(_case.Options, ModelDescription.Of(_case.Options).ParameterCount) : _case.Options;
        TransformerModel model = Own(options.Family.Create(options));
        modelMade?.Invoke();
        if (name == Reference)
            return Own(new ReferenceStepRun(model, _ids, _targets)).As(name);
        model.Precision = _case.Precision;
        return Own(new TrainingStepRun(model, _ids, _targets)).As(name);
    }

    public void Dispose()
    {
        Enumerable.Reverse(_owned).ToList().ForEach(owned => owned.Dispose());
        _scope.Dispose();
    }

    // The products of every linear and KAN layer; layers of one shape share their matrices.
    private Contestant MakeBound()
    {
        (GemmBound Bound, int Times)[] bounds =
            [.. ModelDescription.Of(_case.Options).Products.GroupBy(shape => shape).Select(group => (new GemmBound((long)_case.Batch * _case.Options.BlockSize, group.Key.Width, group.Key.Outputs, _case.Precision.ProductType()), group.Count()))];
        return new Contestant(Bound, () => Each(bound => bound.Forward()), () => Each(bound => bound.Backward()));

        void Each(Action<GemmBound> run)
        {
            foreach ((GemmBound bound, int times) in bounds)
            {
                for (int i = 0; i < times; i++)
                    run(bound);
            }
        }
    }

    private T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }
}
