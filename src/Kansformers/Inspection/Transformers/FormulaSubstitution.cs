using Kansformers.Kan;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>
/// Lets formulas stand for functions of a model's KAN layers until it is disposed, to measure what the model is with them; weights stay as they are. Each pass adds what a formula
/// gives beyond its function to the layer's outputs. Where a formula has no value, outside its domain, the function stays, which <see cref="Undefined"/> counts. Nothing is differentiable meanwhile.
/// </summary>
public sealed class FormulaSubstitution : IDisposable
{
    private readonly List<KanLinear> _watched = [];

    /// <summary>Begins.</summary>
    /// <param name="model">The model.</param>
    /// <param name="formulas">By a layer's name, which functions become what. Layers that are no <see cref="KanLinear"/> are refused.</param>
    /// <exception cref="ArgumentException">A name is that of no KAN layer of the model.</exception>
    public FormulaSubstitution(TransformerModel model, IReadOnlyDictionary<string, IReadOnlyDictionary<FunctionPlace, EdgeFormula>> formulas)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(formulas);
        Dictionary<string, FunctionLayer> layers = FunctionLayer.Of(model).Where(layer => layer.Module is KanLinear).ToDictionary(layer => layer.Name);
        foreach (string name in formulas.Keys)
        {
            if (!layers.ContainsKey(name))
                throw new ArgumentException($"'{name}' is no KAN layer of this model", nameof(formulas));
        }

        foreach ((string name, IReadOnlyDictionary<FunctionPlace, EdgeFormula> some) in formulas)
            Begin(layers[name], some);
    }

    /// <summary>At how many inputs so far a formula had no value, and its function stood.</summary>
    public long Undefined { get; private set; }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (KanLinear layer in _watched)
            (layer.Probe, layer.Tap) = (null, null);
        _watched.Clear();
    }

    private void Begin(FunctionLayer layer, IReadOnlyDictionary<FunctionPlace, EdgeFormula> formulas)
    {
        KanLinear linear = (KanLinear)layer.Module;
        double[] axis = []; // what functions see, token after token
        linear.Probe = (_, x) =>
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            Tensor seen = layer.IsNormed ? KanReference.Normalised(x, layer.Tensors) : x;
            axis = seen.detach().to_type(ScalarType.Float64).cpu().contiguous().data<double>().ToArray();
        };
        linear.Tap = (_, y) =>
        {
            using var guard = no_grad();
            using var scope = NewDisposeScope();
            foreach ((FunctionPlace place, EdgeFormula formula) in formulas)
                Add(layer, (place, formula), axis, y);
        };
        _watched.Add(linear);
    }

    private void Add(FunctionLayer layer, (FunctionPlace Place, EdgeFormula Formula) one, double[] axis, Tensor y)
    {
        (int first, int count) = layer.InputsOf(one.Place);
        int tokens = axis.Length / layer.Inputs;
        double[] x = new double[tokens];
        for (int input = first; input < first + count; input++)
        {
            for (int token = 0; token < tokens; token++)
                x[token] = axis[token * layer.Inputs + input];
            double[] change = layer.Values(one.Place, x);
            for (int token = 0; token < tokens; token++)
            {
                double value = one.Formula.Evaluate(x[token]);
                bool isDefined = double.IsFinite(value);
                change[token] = isDefined ? value - change[token] : 0;
                Undefined += isDefined ? 0 : 1;
            }

            using Tensor difference = tensor(change).to_type(y.dtype).to(y.device);
            if (one.Place.Output is int output)
                y[.., output].add_(difference);
            else
                y.add_(difference.unsqueeze(-1) * layer.Tensors[KanRole.Coefficients].detach()[.., input]);
        }
    }
}
