using System.Runtime.InteropServices;
using Kansformers.Inspection;
using Kansformers.Numerics;
using static TorchSharp.torch;

namespace Kansformers.Formulas;

/// <summary>
/// pykan's way of fitting: every function of every grid by torch operations in float64, gradients by autograd, L-BFGS in steps. The optimizer is ours, so that both go the
/// same way and the operations alone are compared.
/// </summary>
internal static class ReferenceFit
{
    /// <summary>What <see cref="KanNetwork.Fit"/> does with L-BFGS on all samples.</summary>
    public static void Run(KanNetwork network, FitData data, FitOptions options)
    {
        using Tensor inputs = data.Inputs.ToTensor(), targets = data.Targets.ToTensor();
        KanNetworkReference reference = new(network);
        Lbfgs? lbfgs = null;
        double[] x = [];
        for (int step = 0; step < options.Steps; step++)
        {
            if (lbfgs is null || options.MovesGrids(step))
            {
                if (options.MovesGrids(step))
                    network.Regrid(data.Inputs);
                reference.Dispose();
                reference = new KanNetworkReference(network);
                x = Values(network);
                lbfgs = new Lbfgs(x.Length);
            }

            lbfgs.Step(Evaluate, x, 1, () => false);
            Write(network, x);
        }

        reference.Dispose();

        double Evaluate(ReadOnlySpan<double> at, Span<double> gradient)
        {
            using var scope = NewDisposeScope();
            Tensor[] learned = [.. reference.Learned];
            using (no_grad())
            {
                int begin = 0;
                foreach (Tensor tensor in learned)
                {
                    int length = (int)tensor.numel();
                    at.Slice(begin, length).CopyTo(MemoryMarshal.Cast<byte, double>(tensor.bytes));
                    begin += length;
                    tensor.grad?.zero_();
                }
            }

            (Tensor outputs, List<LayerDeviations> deviations) = reference.Forward(inputs);
            Tensor loss = (outputs - targets).square().mean();
            if (options.PenaltyWeight > 0)
                loss = loss + options.PenaltyWeight * reference.Penalty(deviations, options.Penalty);
            loss.backward();
            int from = 0;
            foreach (Tensor tensor in learned)
            {
                int length = (int)tensor.numel();
                MemoryMarshal.Cast<byte, double>(tensor.grad!.bytes).CopyTo(gradient.Slice(from, length));
                from += length;
            }

            return loss.item<double>();
        }
    }

    private static double[] Values(KanNetwork network) => [.. network.Layers.SelectMany(layer => (double[])[.. layer.Coefficients, .. layer.BaseScale, .. layer.SplineScale])];

    private static void Write(KanNetwork network, ReadOnlySpan<double> values)
    {
        foreach (double[] part in network.Layers.SelectMany(layer => (double[][])[layer.Coefficients, layer.BaseScale, layer.SplineScale]))
        {
            values[..part.Length].CopyTo(part);
            values = values[part.Length..];
        }
    }
}
