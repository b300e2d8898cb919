using Kansformers.Runtime;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>
/// A tile of tokens expanded for libtorch's products, and back: (expanded, tokens), so that a row holds one expanded value of many tokens, as kernels compute it.
/// Blocks of inputs are shared out to threads; a block's panels go through the first-level cache and are written in the format of the products.
/// </summary>
/// <param name="layout">How the inputs are cut into blocks, and the panel of tokens.</param>
/// <param name="expansion">Expands and contracts a panel of a block.</param>
/// <param name="matrix">(expanded, at least the tokens filled up to panels).</param>
/// <param name="format">The format of <paramref name="matrix"/>.</param>
internal readonly unsafe struct ExpandedTile(PanelLayout layout, PanelExpansion expansion, Tensor matrix, ProductFormat format)
{
    private readonly PanelLayout _layout = layout;
    private readonly PanelExpansion _expansion = expansion;
    private readonly ProductFormat _format = format;
    private readonly nint _address = RawMemory.Pointer(matrix), _stride = (nint)matrix.shape[1];

    /// <summary>Writes the expansion.</summary>
    /// <param name="x">The tile's inputs.</param>
    /// <param name="tokens">How many tokens it has.</param>
    public void Write(PanelInput x, int tokens)
    {
        ExpandedTile self = this;
        int panel = _layout.Panel;
        WorkQueue.Run(_layout.Blocks, IsWorthThreads(tokens), queue =>
        {
            using CacheLines values = new((long)self._layout.BlockRows * panel), transposed = new(self._expansion.TransposedFloats);
            while (queue.TryTake(out int block))
            {
                for (int from = 0; from < tokens; from += panel)
                {
                    self._expansion.Expand(x, from, Math.Min(panel, tokens - from), block, transposed.Pointer, values.Pointer);
                    self.Store(values.Pointer, block, from);
                }
            }
        });
    }

    /// <summary>Contracts the gradient of the expansion, which stands where the expansion stood.</summary>
    /// <param name="x">The tile's inputs.</param>
    /// <param name="dx">The gradient of the inputs, overwritten, or none.</param>
    /// <param name="tokens">How many tokens it has.</param>
    /// <param name="sums">Where the gradients of the basis' parameters are added.</param>
    public void Contract(PanelInput x, PanelInput dx, int tokens, ParameterSums sums)
    {
        ExpandedTile self = this;
        PanelLayout cut = _layout;
        int panel = cut.Panel;
        WorkQueue.Run(cut.Blocks, IsWorthThreads(tokens), queue =>
        {
            using CacheLines values = new((long)cut.BlockRows * panel), transposed = new(self._expansion.TransposedFloats);
            using CacheLines scratch = new((long)cut.BlockInputs * panel), own = new(sums.Floats(cut.BlockInputs));
            while (queue.TryTake(out int block))
            {
                float* blockSums = sums.Open(own.Pointer, cut.BlockInputs);
                PanelMemory memory = new(transposed.Pointer, values.Pointer, scratch.Pointer, blockSums, sums.Stride);
                for (int from = 0; from < tokens; from += panel)
                {
                    int count = Math.Min(panel, tokens - from);
                    self._expansion.Transpose(x, from, count, block, transposed.Pointer);
                    self.Fetch(block, from, count, values.Pointer);
                    self._expansion.Contract(dx, from, count, block, memory);
                }

                self._expansion.Finish(block, blockSums);
                sums.Close(blockSums, block * cut.BlockInputs, cut.InputsOf(block));
            }
        });
    }

    private void Store(float* values, int block, int token)
    {
        (int panel, nint at) = (_layout.Panel, First(block) + token);
        for (int rows = RowsOf(block); rows > 0; rows--, values += panel, at += _stride)
        {
            if (_format == ProductFormat.BFloat16)
                BFloat16Math.Narrow(values, (ushort*)_address + at, panel);
            else if (_format == ProductFormat.Rounded)
                BFloat16Math.Round(values, (float*)_address + at, panel);
            else
                new ReadOnlySpan<float>(values, panel).CopyTo(new Span<float>((float*)_address + at, panel));
        }
    }

    // What lies behind the last token is arbitrary in the matrix; kernels get zeros.
    private void Fetch(int block, int token, int tokens, float* values)
    {
        (int panel, nint at) = (_layout.Panel, First(block) + token);
        for (int rows = RowsOf(block); rows > 0; rows--, values += panel, at += _stride)
        {
            if (_format == ProductFormat.BFloat16)
                BFloat16Math.Widen((ushort*)_address + at, values, panel);
            else
                new ReadOnlySpan<float>((float*)_address + at, panel).CopyTo(new Span<float>(values, panel));
            if (tokens < panel)
                new Span<float>(values + tokens, panel - tokens).Clear();
        }
    }

    private nint First(int block) => (nint)block * _layout.BlockInputs * _layout.Width * _stride;

    private int RowsOf(int block) => _layout.InputsOf(block) * _layout.Width;

    private bool IsWorthThreads(int tokens) => (long)tokens * _layout.Inputs * _layout.Width > 1 << 16;
}
