using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Inspection;

/// <summary>What multiplies the columns of an input's expansion, edge by edge.</summary>
internal static class EdgeWeights
{
    /// <summary>The coefficients of the edges of some inputs, with their scalers: (inputs, out, n), double, on the CPU.</summary>
    public static Tensor Coefficients(KanTensors tensors, long first, long count)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor weight = Wide(tensors.EngineCoefficients(tensors[KanRole.Coefficients].detach()).narrow(1, first, count));
        if (tensors.Find(KanRole.Scaler) is Tensor scaler)
            weight *= Wide(scaler.detach().narrow(1, first, count)).unsqueeze(-1);
        return weight.transpose(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>The same with the base weight behind them, where there is one: (inputs, out, n or n + 1).</summary>
    public static Tensor Columns(KanTensors tensors, long first, long count)
    {
        using var scope = NewDisposeScope();
        Tensor coefficients = Coefficients(tensors, first, count);
        return (tensors.Find(KanRole.Base) is not Tensor weight ? coefficients
            : cat([coefficients, Wide(weight.detach().narrow(1, first, count)).transpose(0, 1).unsqueeze(-1)], -1)).MoveToOuterDisposeScope();
    }

    /// <summary>The numbers of edges as they are stored, without scalers: (inputs, out, n or n + 1).</summary>
    public static Tensor Stored(KanTensors tensors, long first, long count)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        Tensor coefficients = tensors.EngineCoefficients(tensors[KanRole.Coefficients].detach()).narrow(1, first, count);
        Tensor all = tensors.Find(KanRole.Base) is Tensor weight ? cat([coefficients, weight.detach().narrow(1, first, count).unsqueeze(-1)], -1) : coefficients;
        return all.transpose(0, 1).contiguous().MoveToOuterDisposeScope();
    }

    /// <summary>On the CPU, in float64.</summary>
    public static Tensor Wide(Tensor tensor) => tensor.cpu().to_type(ScalarType.Float64);
}
