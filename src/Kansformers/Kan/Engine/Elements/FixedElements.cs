using System.Runtime.CompilerServices;
using Kansformers.Runtime;

namespace Kansformers.Kan;

/// <summary>Makes kernels of functions that are not learned.</summary>
internal readonly struct FixedElements : IActivationVisitor<IElementKernel>
{
    private readonly int _lanes;

    private FixedElements(int lanes) => _lanes = lanes;

    /// <summary>The kernel of an activation for vectors of so many lanes.</summary>
    public static IElementKernel Of(BaseActivation activation, int lanes) => Activations.Meet<FixedElements, IElementKernel>(activation, new FixedElements(lanes));

    /// <inheritdoc/>
    public IElementKernel Visit<TActivation>()
        where TActivation : struct, IActivation => _lanes switch
        {
            16 => new FixedElements<TActivation, Simd512>(),
            8 => new FixedElements<TActivation, Simd256>(),
            _ => new FixedElements<TActivation, Simd128>(),
        };
}

/// <summary>A function that is not learned.</summary>
internal sealed unsafe class FixedElements<TActivation, TSimd> : IElementKernel
    where TActivation : struct, IActivation
    where TSimd : struct, ISimd<TSimd>
{
    /// <inheritdoc/>
    public int Parameters => 0;

    /// <inheritdoc/>
    public int SumFloats => 0;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Values(int function, ElementRun run, float* x, float* y, float* slope)
    {
        if (run.Length < TSimd.Count)
        {
            ElementLoops.ShortValues(this, function, run, x, ((nint)y, (nint)slope), TSimd.Count);
            return;
        }

        for (int row = 0; row < run.Rows; row++, x += run.From, y += run.To)
        {
            for (int i = 0; i < run.Length; i = Lanes.Next(i, TSimd.Count, run.Length))
            {
                TSimd at = TSimd.Load(x + i);
                if (slope is null)
                {
                    TSimd.Store(TActivation.Value(at), y + i);
                    continue;
                }

                TSimd.Store(TActivation.Value(at, out TSimd derivative), y + i);
                TSimd.Store(derivative, slope + row * run.To + i);
            }
        }
    }

    /// <inheritdoc/>
    public void Sums(int function, ElementRun run, float* x, float* upstream, float* sums)
    {
    }

    /// <inheritdoc/>
    public void Finish(int function, float* sums, float* gradient)
    {
    }
}
