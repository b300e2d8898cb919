using Kansformers.Checkpoints;
using Kansformers.Kan;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>Gives the layers of a model the parameters with which they compute what those of another model compute.</summary>
/// <param name="from">The model that there is.</param>
/// <param name="to">The model that is to compute the same.</param>
/// <param name="inputs">What goes into the layers of the first; null where nothing is known of that.</param>
internal sealed class LayerConversion(TransformerModel from, TransformerModel to, SlotInputs? inputs)
{
    private readonly Dictionary<string, ModelSlot> _from = ModelSlots.Of(from).ToDictionary(slot => slot.Name);
    private readonly HashSet<string> _done = [];
    private readonly List<TensorChange> _changes = [];

    /// <summary>What became of each tensor.</summary>
    public IReadOnlyList<TensorChange> Changes => _changes;

    /// <summary>Refuses what no layer can make up for: an activation before a norm that only one of the models has.</summary>
    /// <exception cref="KansformersException">There is one; the message says which and what to do.</exception>
    public void RequireActivations()
    {
        Dictionary<string, IHasActivation> made = ModelSlots.Parts(to).ToDictionary(entry => entry.Path, entry => entry.Part);
        foreach ((string path, IHasActivation part) in ModelSlots.Parts(from))
        {
            (BaseActivation before, BaseActivation now) = (part.Between, made[path].Between);
            if (before == now || part.Names.Second is not null)
                continue;
            string layer = $"'{path}.{part.Names.First}'";
            throw new KansformersException(before == BaseActivation.Identity
                ? $"{layer} is a KAN layer without an activation behind it; a linear layer there has {now}, which the norm behind it keeps any other layer from making up for: the head stays a KAN"
                : $"{layer} has {before} behind it, then a norm, so that no other layer can take {before} in; let KanModelPlan.Activations be between or inside, or leave the head linear");
        }
    }

    /// <summary>Sets a layer of the second model.</summary>
    public SwapResult Convert(ModelSlot slot)
    {
        ModelSlot source = _from[slot.Name];
        return (source.Module, slot.Module) switch
        {
            (KanLinear old, KanLinear kan) when old.Options == kan.Options && source.Between == slot.Between => Stays(slot, kan.InFeatures, kan.OutFeatures, "it is of that kind already"),
            (_, KanLinear kan) => Made(slot, source, kan),
            (KanLinear old, LinearLayer linear) => Made(slot, source, old, linear),
            (LinearLayer, LinearLayer linear) => Stays(slot, linear.Weight.shape[1], linear.Weight.shape[0], "the placement leaves it linear"),
            (TiedHead, TiedHead) => Stays(slot, from.Options.Width, from.Options.VocabularySize, "it is tied to the token embedding"),
            _ => throw new InvalidOperationException($"'{slot.Name}' cannot become a {slot.Module.GetType().Name}"),
        };
    }

    /// <summary>Copies all that is no layer that was made.</summary>
    public void CopyRest()
    {
        Dictionary<string, Tensor> state = from.state_dict();
        foreach ((string name, Tensor tensor) in to.state_dict())
        {
            if (_done.Contains(name))
                continue;
            tensor.copy_(state[name]);
            _changes.Add(new TensorChange(name, name, TensorFate.Kept));
        }
    }

    private SwapResult Made(ModelSlot slot, ModelSlot source, KanLinear kan)
    {
        using var scope = NewDisposeScope();
        BaseActivation before = source.Between, now = slot.Between;
        bool isOutside = before == now; // what stands before both is a part of neither
        BaseActivation outside = isOutside ? before : BaseActivation.Identity;
        ConversionSource wanted = source.Module switch
        {
            LinearLayer linear => ConversionSource.Of(new LinearMap(linear.Weight, linear.Bias) { Before = isOutside ? BaseActivation.Identity : before }),
            TiedHead head => ConversionSource.Of(new LinearMap(head.Weight, head.Bias)),
            KanLinear old when isOutside => ConversionSource.Of(old.Tensors),
            _ => throw new KansformersException($"'{slot.Name}': activations between KAN layers stay where they are"),
        };
        LayerMatch match = Naming(slot, () =>
        {
            (KanLinear made, LayerMatch match) = KanConversion.Convert(wanted, kan.Options, Rows(slot, kan.Options.Norm == InputNorm.LayerNorm || wanted.IsNormed, outside));
            using (made)
            {
                foreach ((KanRole role, Tensor tensor) in made.Tensors.All)
                    kan.Tensors[role].copy_(tensor);
            }

            return match;
        });
        Note(source, slot, kan.Tensors.Find(KanRole.Base) is null ? kan.Options.Sharing.IsEdge ? kan.Options.Names.Coefficients : kan.Options.Names.Matrix : kan.Options.Names.Base);
        return new SwapResult(slot.Name, kan.InFeatures, kan.OutFeatures) { Kan = kan, Match = match };
    }

    private SwapResult Made(ModelSlot slot, ModelSlot source, KanLinear old, LinearLayer linear)
    {
        using var scope = NewDisposeScope();
        BaseActivation before = source.Between, now = slot.Between;
        LayerMatch match = Naming(slot, () => KanConversion.FitLinear(ConversionSource.Of(old.Tensors), before == now ? BaseActivation.Identity : now, (linear.Weight, linear.Bias), old.Options,
            Rows(slot, asTokens: true, before == now ? before : BaseActivation.Identity)));
        Note(source, slot, "weight");
        return new SwapResult(slot.Name, old.InFeatures, old.OutFeatures) { Match = match };
    }

    private static SwapResult Stays(ModelSlot slot, long inputs, long outputs, string reason) => new(slot.Name, inputs, outputs) { Reason = reason };

    private ConversionSamples? Rows(ModelSlot slot, bool asTokens, BaseActivation outside)
    {
        ConversionSamples? samples = inputs?.Before(slot)?.Samples(asTokens);
        return outside == BaseActivation.Identity ? samples : samples?.Behind(outside);
    }

    private static LayerMatch Naming(ModelSlot slot, Func<LayerMatch> make)
    {
        try
        {
            return make();
        }
        catch (KansformersException failure)
        {
            throw new KansformersException($"'{slot.Name}': {failure.Message.Replace("give samples", "give KanModelPlan.Calibration", StringComparison.Ordinal)}", failure);
        }
    }

    // The old layer's weight became the first of the new one's tensors, its bias the bias; the others are new.
    private void Note(ModelSlot source, ModelSlot slot, string main)
    {
        List<string> old = [.. source.Module.state_dict().Keys.Select(name => $"{source.Path}.{name}")];
        foreach (string name in slot.Module.state_dict().Keys.OrderBy(name => name != main))
        {
            string path = $"{slot.Path}.{name}";
            _done.Add(path);
            string? was = old.FirstOrDefault(other => (name.EndsWith("bias", StringComparison.Ordinal)) == other.EndsWith("bias", StringComparison.Ordinal));
            old.Remove(was ?? "");
            _changes.Add(new TensorChange(was, path, was is null ? TensorFate.Added : TensorFate.Fitted));
        }

        _changes.AddRange(old.Select(name => new TensorChange(name, null, TensorFate.Fitted)));
    }
}
