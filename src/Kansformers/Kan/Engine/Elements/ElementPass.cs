using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// Activations and gates over all tokens, forward and backward. Where a function is that of enough neighbouring channels, vectors run over these and everything
/// stays where it lies; else blocks of tokens are transposed, and vectors run over tokens.
/// </summary>
internal sealed unsafe class ElementPass : IDisposable
{
    private readonly ElementSide _phi;
    private readonly ElementSide? _psi;
    private readonly GateForm? _form;
    private readonly int _width, _inputs;
    private readonly bool _isTransposed;

    // Of a ring both functions are of the same values: they may be computed together.
    private readonly IElementPair? _pair;

    private ElementPass(ElementSources sources, ElementSide phi, ElementSide? psi, int lanes)
    {
        (_form, _width, _inputs, _phi, _psi) = (sources.Form, (int)sources.Width, (int)sources.InputWidth, phi, psi);
        _isTransposed = !IsDirect(phi) || (psi is not null && !IsDirect(psi));
        if (!_isTransposed && _form == GateForm.Ring && phi.Functions == psi!.Functions)
            _pair = phi.Kernel.PairWith(psi.Kernel);

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
        ElementGradients gradients = new(Sides, _pair, wanted, blocks.Chunks);
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
        WorkQueue.Run(blocks.Chunks, isWorthThreads: blocks.Chunks > 1, queue =>
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
            BothValues(from, tokens, new GateRows { A = a, B = a + n });
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
        if (_psi is null)
        {
            Values(_phi, from, tokens, values, values + 2 * (nint)n);
            GateLoops.Multiply(g, values + 2 * (nint)n, to, n);
            Add(_phi, from, tokens, g, sums.Phi);
        }
        else
        {
            GateRows all = new()
            {
                Upstream = g, A = values, B = values + n, SlopeA = values + 2 * (nint)n, SlopeB = values + 3 * (nint)n, OfA = values + 4 * (nint)n, OfB = values + 5 * (nint)n,
                Dx = to, DxB = _form == GateForm.Pair ? OfPsi(to, tokens) : null,
            };
            BothValues(from, tokens, all);
            (int rows, int shift) = Rings(tokens);
            for (int row = 0; row < rows; row++)
                GateLoops.Backward(all.From(row * (nint)_width, row * (nint)_inputs), n / rows, shift);
            AddBoth(from, tokens, all, sums);
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

    private void BothValues(float* x, int tokens, in GateRows rows)
    {
        if (_pair is null)
        {
            Values(_phi, x, tokens, rows.A, rows.SlopeA);
            Values(_psi!, OfPsi(x, tokens), tokens, rows.B, rows.SlopeB);
            return;
        }

        for (int function = 0; function < _phi.Functions; function++)
        {
            nint at = At(_phi, function, tokens);
            _pair.Values(function, RunOf(_phi, tokens), x + at, rows.From(at, at));
        }
    }

    private void AddBoth(float* x, int tokens, in GateRows rows, ElementSums sums)
    {
        if (sums.Both is null)
        {
            Add(_phi, x, tokens, rows.OfA, sums.Phi);
            Add(_psi!, OfPsi(x, tokens), tokens, rows.OfB, sums.Psi);
            return;
        }

        for (int function = 0; function < _phi.Functions; function++)
        {
            nint at = At(_phi, function, tokens);
            _pair!.Sums(function, RunOf(_phi, tokens), x + at, rows.From(at, at), sums.Both + (nint)function * _pair.SumFloats);
        }
    }

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
