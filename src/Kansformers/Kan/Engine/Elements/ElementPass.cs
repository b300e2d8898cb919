using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Activations and gates over all tokens, forward and backward. Where a function is that of enough neighbouring channels, vectors run over these and everything
/// stays where it lies; else blocks of tokens are transposed, and vectors run over tokens.
/// </summary>
internal sealed unsafe class ElementPass : IDisposable
{
    private const long WorthThreads = 1 << 13;
    private readonly ElementSide _phi;
    private readonly ElementSide? _psi;
    private readonly GateForm? _form;
    private readonly int _width, _inputs;
    private readonly bool _isTransposed;

    private ElementPass(ElementSources sources, ElementSide phi, ElementSide? psi, int lanes)
    {
        (_form, _width, _inputs, _phi, _psi) = (sources.Form, (int)sources.Width, (int)sources.InputWidth, phi, psi);
        _isTransposed = !IsDirect(phi) || (psi is not null && !IsDirect(psi));

        bool IsDirect(ElementSide side) => side.Group >= 2 * lanes && !side.Kernel.IsByChannel;
    }

    /// <summary>The functions, opened for calls.</summary>
    public IReadOnlyList<ElementSide> Sides => _psi is null ? [_phi] : [_phi, _psi];

    /// <summary>Opens functions; null where no kernel computes them.</summary>
    /// <param name="sources">The functions, without a layer norm.</param>
    /// <param name="lanes">The lanes of vectors.</param>
    /// <param name="plans">Of each function the plan of an earlier call.</param>
    public static ElementPass? Open(ElementSources sources, int lanes, KanPlan?[] plans)
    {
        if (ElementSide.Open(sources.Phi, lanes, ref plans[0]) is not ElementSide phi)
            return null;
        if (sources.Psi is null)
            return new ElementPass(sources, phi, null, lanes);
        if (ElementSide.Open(sources.Psi, lanes, ref plans[1]) is ElementSide psi)
            return new ElementPass(sources, phi, psi, lanes);
        phi.Dispose();
        return null;
    }

    /// <summary>Computes the output.</summary>
    /// <param name="x">Contiguous (tokens, inputs).</param>
    /// <param name="y">Contiguous (tokens, width), overwritten.</param>
    public void Forward(Tensor x, Tensor y)
    {
        float* from = (float*)RawMemory.Pointer(x), to = (float*)RawMemory.Pointer(y);
        Run(x.shape[0], new ElementBlocks(x.shape[0], _width, _isTransposed), (first, tokens, _) =>
            ForwardBlock(from + (nint)first * _inputs, to + (nint)first * _width, tokens));
    }

    /// <summary>Computes the output of one token, in memory that the thread has.</summary>
    public void Forward(float* x, float* y) => ForwardBlock(x, y, 1);

    /// <summary>Computes gradients.</summary>
    /// <param name="x">Contiguous (tokens, inputs).</param>
    /// <param name="upstream">Contiguous (tokens, width).</param>
    /// <param name="dx">Contiguous (tokens, inputs), overwritten; null when not wanted.</param>
    /// <param name="wanted">Of which functions the gradients of parameters are wanted.</param>
    /// <returns>(functions, parameters) of each side, empty where not wanted.</returns>
    public float[][] Backward(Tensor x, Tensor upstream, Tensor? dx, bool[] wanted)
    {
        ElementBlocks blocks = new(x.shape[0], _width, _isTransposed);
        ElementGradients gradients = new(Sides, wanted, blocks.Chunks);
        float* from = (float*)RawMemory.Pointer(x), g = (float*)RawMemory.Pointer(upstream), to = dx is null ? null : (float*)RawMemory.Pointer(dx);
        Run(x.shape[0], blocks, (first, tokens, sums) =>
            BackwardBlock(from + (nint)first * _inputs, g + (nint)first * _width, to is null ? null : to + (nint)first * _inputs, tokens, sums), gradients);
        return gradients.Total();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _phi.Dispose();
        _psi?.Dispose();
    }

    private static void Run(long tokens, ElementBlocks blocks, ElementBlock block, ElementGradients? gradients = null)
    {
        if (tokens == 0)
            return;
        WorkQueue.Run(blocks.Chunks, tokens * blocks.ChunkTokens > 0 && blocks.Chunks > 1, queue =>
        {
            while (queue.TryTake(out int chunk))
            {
                (int first, int end) = blocks.Chunk(chunk);
                ElementSums sums = gradients is null ? default : gradients.Open();
                for (int at = first; at < end; at += blocks.BlockTokens)
                    block(at, Math.Min(blocks.BlockTokens, end - at), sums);
                gradients?.Close(chunk, sums);
            }
        });
    }

    private delegate void ElementBlock(int first, int tokens, ElementSums sums);

    private void ForwardBlock(float* x, float* y, int tokens)
    {
        int n = _width * tokens, inputs = _inputs * tokens;
        float* memory = ElementMemory.OfThread(inputs + 3L * n), from = x, to = y, a = memory + inputs;
        if (_isTransposed)
        {
            Transposition.Run(x, _inputs, tokens, _inputs, from = memory, tokens);
            to = a + 2 * (nint)n;
        }

        if (_psi is null)
        {
            Values(_phi, from, tokens, to, null);
        }
        else
        {
            Values(_phi, from, tokens, a, null);
            Values(_psi, OfPsi(from, tokens), tokens, a + n, null);
            (int rows, int shift) = Rings(tokens);
            for (int row = 0; row < rows; row++)
                GateLoops.Multiply(a + row * _width, a + n + row * _width, to + row * _width, n / rows, shift);
        }

        if (_isTransposed)
            Transposition.Run(to, tokens, _width, tokens, y, _width);
    }

    private void BackwardBlock(float* x, float* upstream, float* dx, int tokens, ElementSums sums)
    {
        int n = _width * tokens, inputs = _inputs * tokens;
        float* memory = ElementMemory.OfThread(2L * inputs + 7L * n), from = x, g = upstream, back = memory + inputs, values = back + inputs;
        if (_isTransposed)
        {
            Transposition.Run(x, _inputs, tokens, _inputs, from = memory, tokens);
            Transposition.Run(upstream, _width, tokens, _width, g = values + 6 * (nint)n, tokens);
        }

        float* to = _isTransposed || dx is null ? back : dx;
        Values(_phi, from, tokens, values, values + 2 * (nint)n);
        if (_psi is null)
        {
            GateLoops.Multiply(g, values + 2 * (nint)n, to, n);
            Add(_phi, from, tokens, g, sums.Phi);
        }
        else
        {
            float* ofPsi = OfPsi(from, tokens);
            Values(_psi, ofPsi, tokens, values + n, values + 3 * (nint)n);
            (int rows, int shift) = Rings(tokens);
            for (int row = 0; row < rows; row++)
            {
                float* own = values + row * _width, target = to + row * _inputs;
                GateLoops.Backward(
                    new GateRows
                    {
                        Upstream = g + row * _width, A = own, B = own + n, SlopeA = own + 2 * (nint)n, SlopeB = own + 3 * (nint)n, OfA = own + 4 * (nint)n, OfB = own + 5 * (nint)n,
                        Dx = target, DxB = _form == GateForm.Pair ? OfPsi(target, tokens) : null,
                    },
                    n / rows, shift);
            }

            Add(_phi, from, tokens, values + 4 * (nint)n, sums.Phi);
            Add(_psi, ofPsi, tokens, values + 5 * (nint)n, sums.Psi);
        }

        if (_isTransposed && dx is not null)
            Transposition.Run(to, tokens, _inputs, tokens, dx, _inputs);
    }

    // A ring for each token; transposed, one of vectors over tokens.
    private (int Rows, int Shift) Rings(int tokens)
    {
        int rows = _isTransposed ? 1 : tokens;
        return (rows, _form == GateForm.Ring ? (_isTransposed ? tokens : 1) : 0);
    }

    private float* OfPsi(float* x, int tokens) => _form == GateForm.Pair ? x + (nint)_width * (_isTransposed ? tokens : 1) : x;

    private void Values(ElementSide side, float* x, int tokens, float* y, float* slope)
    {
        for (int function = 0; function < side.Functions; function++)
        {
            nint at = At(side, function, tokens);
            side.Kernel.Values(function, RunOf(side, tokens), x + at, y + at, slope is null ? null : slope + at);
        }
    }

    private void Add(ElementSide side, float* x, int tokens, float* upstream, float* sums)
    {
        for (int function = 0; sums is not null && function < side.Functions; function++)
        {
            nint at = At(side, function, tokens);
            side.Kernel.Sums(function, RunOf(side, tokens), x + at, upstream + at, sums + (nint)function * side.Kernel.SumFloats);
        }
    }

    private nint At(ElementSide side, int function, int tokens) => (nint)function * side.Group * (_isTransposed ? tokens : 1);

    private ElementRun RunOf(ElementSide side, int tokens) => !_isTransposed ? new ElementRun(tokens, side.Group, _inputs, _width)
        : side.Kernel.IsByChannel ? new ElementRun(side.Group, tokens, tokens, tokens) : new ElementRun(1, side.Group * tokens, 0, 0);
}
