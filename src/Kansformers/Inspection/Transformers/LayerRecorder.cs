using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>Gathers what a <see cref="LayerReading"/> tells while batches go through a layer.</summary>
internal sealed class LayerRecorder : IDisposable
{
    // Numbers of an expansion at once.
    private const long ChunkElements = 1 << 18;

    private readonly ColumnMoments _columns;
    private readonly ColumnMoments _outputs;
    private readonly ValueHistogram[] _histograms;
    private readonly List<Tensor> _waiting = []; // outputs of this batch whose gradients are to come
    private readonly double[] _outside;
    private readonly bool _gradients;
    private Tensor _squares;
    private long _measured;

    /// <summary>Begins.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="gradients">Whether gradients at its output are wanted.</param>
    public LayerRecorder(FunctionLayer layer, bool gradients)
    {
        (Layer, _gradients) = (layer, gradients && layer.Module is KanLinear);
        _columns = new ColumnMoments(layer.Inputs, ColumnExpansion.Columns(layer.Tensors));
        _outputs = new ColumnMoments(layer.Outputs, 1);
        _histograms = [.. Enumerable.Range(0, layer.Inputs).Select(_ => new ValueHistogram())];
        _outside = new double[layer.Inputs];
        _squares = zeros(layer.Outputs, dtype: ScalarType.Float64).DetachFromDisposeScope();
    }

    /// <summary>The layer.</summary>
    public FunctionLayer Layer { get; }

    /// <summary>Outputs whose gradients are wanted.</summary>
    public IReadOnlyList<Tensor> Waiting => _waiting;

    /// <summary>Attaches to the layer.</summary>
    public void Begin()
    {
        if (Layer.Module is KanLinear linear)
            (linear.Probe, linear.Tap) = ((_, x) => See(x), (_, y) => Give(y));
        else
            ((KanActivation)Layer.Module).Probe = (_, x) => See(x);
    }

    /// <summary>Lets go of the layer.</summary>
    public void End()
    {
        if (Layer.Module is KanLinear linear)
            (linear.Probe, linear.Tap) = (null, null);
        else
            ((KanActivation)Layer.Module).Probe = null;
    }

    /// <summary>Takes the gradients of the outputs that were waiting.</summary>
    /// <param name="gradients">Of the mean loss, in the order of <see cref="Waiting"/>; null where the loss does not depend on one.</param>
    /// <param name="tokens">The predictions that the mean is over: each token's own loss is as many times the mean's share.</param>
    public void Measure(ReadOnlySpan<Tensor?> gradients, long tokens)
    {
        using var scope = NewDisposeScope();
        for (int i = 0; i < gradients.Length; i++)
        {
            _measured += _waiting[i].shape[0];
            if (gradients[i] is Tensor gradient)
            {
                Tensor sum = _squares + (gradient.to_type(ScalarType.Float64) * tokens).square().sum([0L]).cpu();
                _squares.Dispose();
                _squares = sum.DetachFromDisposeScope();
            }
        }

        Forget();
    }

    /// <summary>What was gathered.</summary>
    /// <exception cref="KansformersException">Nothing entered the layer, or something that is no number.</exception>
    public LayerReading? Read()
    {
        if (_columns.Count == 0)
            return null;
        using var scope = NewDisposeScope();
        Tensor? squares = _measured > 0 ? _squares / _measured : null;
        return new LayerReading(Layer, LayerFacts.Of(_columns, _outputs, squares), _histograms, [.. _outside.Select(count => count / _columns.Count)]);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Forget();
        _columns.Dispose();
        _outputs.Dispose();
        _squares.Dispose();
    }

    private void See(Tensor input)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        KanTensors tensors = Layer.Tensors;
        Tensor x = input.detach();
        if (!x.isfinite().all().item<bool>())
            throw new KansformersException($"what enters the layer {Layer.Name} is no number: the model's weights are broken; load another checkpoint");
        Tensor seen = KanReference.Normalised(x, tensors);
        Count(Layer.IsNormed ? seen : x, seen);
        long chunk = Math.Max(1, ChunkElements / (tensors.InFeatures * ColumnExpansion.Columns(tensors)));
        for (long from = 0; from < x.shape[0]; from += chunk)
        {
            using var inner = NewDisposeScope();
            Tensor columns = ColumnExpansion.Of(x.narrow(0, from, Math.Min(chunk, x.shape[0] - from)), tensors);
            _columns.Add(columns.cpu());
            if (Layer.Module is KanActivation)
                _outputs.Add(columns.sum([-1L], keepdim: true).cpu());
        }
    }

    private void Give(Tensor y)
    {
        _outputs.Add(y.detach().unsqueeze(-1).cpu());
        if (!_gradients)
            return;
        if (!y.requires_grad)
            y.requires_grad_();
        y.DetachFromDisposeScope();
        _waiting.Add(y);
    }

    private void Forget()
    {
        _waiting.ForEach(tensor => tensor.Dispose());
        _waiting.Clear();
    }

    private void Count(Tensor axis, Tensor seen)
    {
        float[] values = axis.to_type(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
        int inputs = Layer.Inputs;
        for (int at = 0; at < values.Length; at++)
            _histograms[at % inputs].Add(values[at]);
        if (Layer.Options is not GridOptions options)
            return;
        (Tensor low, Tensor high) = options.Ends(Layer.Tensors);
        Tensor inside = seen.ge(low) & (options.IsClosed ? seen.le(high) : seen.lt(high));
        double[] outside = inside.logical_not().to_type(ScalarType.Float64).sum([0L]).cpu().data<double>().ToArray();
        for (int input = 0; input < inputs; input++)
            _outside[input] += outside[input];
    }
}
