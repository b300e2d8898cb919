namespace Kansformers.Kan;

/// <summary>
/// Where a value of the expansion meets its coefficients when these stay in the order in which the parameter stores them: for every index before the output's
/// axis a matrix of outputs by all indices behind it.
/// </summary>
internal sealed class StoredOrder
{
    private readonly int[]? _places;

    /// <summary>The order of a layer's coefficients.</summary>
    public StoredOrder(EngineLayer layer)
    {
        (int inputs, int bases) = (layer.Plan.Inputs, layer.Plan.Bases);
        (Matrices, Columns) = (1, inputs * bases);
        if (!layer.Tensors.IsEdge)
            return;
        CoefficientAxes axes = layer.Tensors.Options.Axes(inputs, layer.Outputs);
        if (axes.IsPlain)
            return;
        int output = (int)axes.Order[0];
        long[] sizes = axes.View, strides = new long[sizes.Length];
        long stride = 1;
        for (int axis = sizes.Length - 1; axis >= 0; axis--)
        {
            strides[axis] = axis == output ? 0 : stride;
            stride *= axis == output ? 1 : sizes[axis];
        }

        Columns = (int)sizes[(output + 1)..].Aggregate(1L, (product, size) => product * size);
        Matrices = inputs * bases / Columns;
        _places = new int[inputs * bases];
        for (int place = 0; place < _places.Length; place++)
        {
            long rest = place, at = 0;
            for (int axis = axes.Order.Length - 1; axis >= 1; axis--)
            {
                at += rest % sizes[axes.Order[axis]] * strides[axes.Order[axis]];
                rest /= sizes[axes.Order[axis]];
            }

            _places[place] = (int)at;
        }
    }

    /// <summary>How many matrices there are.</summary>
    public int Matrices { get; }

    /// <summary>The columns of each.</summary>
    public int Columns { get; }

    /// <summary>The place of an input's basis function, counted from input 0's first one on, as (in, n).</summary>
    public int Of(int place) => _places is null ? place : _places[place];
}
