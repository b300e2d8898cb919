using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Prunes edges of the KAN layers of a transformer. A pruned edge's coefficients and base weight are 0, so that whatever holds the weights holds the mask; training leaves it so
/// (<see cref="KanOptions.Pruned"/>). The model that was read stays as it is.
/// </summary>
public sealed class ModelPruning : IDisposable
{
    private readonly TransformerModel _source;
    private readonly LayerReading[] _layers;

    /// <summary>Prepares a pruning.</summary>
    /// <param name="model">The model, which must not change meanwhile.</param>
    /// <param name="reading">What its functions do on a corpus.</param>
    /// <param name="keepsMeans">Whether <see cref="PruningOptions.KeepMeans"/> will be asked for.</param>
    /// <exception cref="KansformersException">The model has no layer with a function for each edge.</exception>
    public ModelPruning(TransformerModel model, ModelReading reading, bool keepsMeans = true)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(reading);
        _source = model;
        _layers = [.. reading.Layers.Where(layer => layer.Layer.IsEdge)];
        if (_layers.Length == 0)
            throw new KansformersException("this model has no layer with a function for each edge, and so no edges to prune; where edges share functions there are few numbers in them");
        ModelOptions options = model.Options with { Kan = model.Options.Kan with { Pruned = true, Bias = model.Options.Kan.Bias || keepsMeans } };
        Model = options.Family.Create(options, model.Device);
        Model.eval();
    }

    /// <summary>The pruned model; disposed with this.</summary>
    public TransformerModel Model { get; }

    /// <summary>How many edges there are.</summary>
    public long Edges => _layers.Sum(layer => layer.Layer.Functions);

    /// <summary>Makes <see cref="Model"/> anew of the model that was read, without some of its edges.</summary>
    /// <param name="options">Which edges go.</param>
    /// <returns>What became of each layer with edges.</returns>
    /// <exception cref="KansformersException">An option is invalid, or attribution is wanted of a model that was read without gradients.</exception>
    public IReadOnlyList<PrunedLayer> Prune(PruningOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        bool[][] pruned = EdgeOrder.Pruned(_layers, options);
        Copy();
        Dictionary<string, KanLinear> targets = Model.KanLayers().ToDictionary(entry => entry.Name, entry => entry.Layer);
        List<PrunedLayer> report = [];
        for (int i = 0; i < _layers.Length; i++)
        {
            FunctionLayer layer = _layers[i].Layer;
            KanTensors tensors = targets[layer.Name].Tensors;
            using Tensor mask = tensor(pruned[i], layer.Inputs, layer.Outputs).t().contiguous().to(Model.Device);
            if (options.KeepMeans && tensors.Find(KanRole.Bias) is Tensor bias)
            {
                Tensor means = tensor(_layers[i].EdgeMeans, layer.Inputs, layer.Outputs) * tensor(pruned[i], layer.Inputs, layer.Outputs).to_type(ScalarType.Float64);
                bias.add_(means.sum([0L]).to_type(bias.dtype).to(Model.Device).view(bias.shape));
            }

            PrunedEdges.Clear(tensors, mask, parameter => parameter);
            report.Add(new PrunedLayer(layer.Name, layer.Functions, pruned[i].LongCount(gone => gone)));
        }

        return report;
    }

    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();

    // Biases that the source has not begin at 0.
    private void Copy()
    {
        Dictionary<string, Tensor> from = _source.state_dict();
        foreach ((string name, Tensor to) in Model.state_dict())
        {
            if (from.TryGetValue(name, out Tensor? value))
                to.copy_(value);
            else
                to.zero_();
        }
    }
}
