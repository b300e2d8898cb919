using Kansformers.Text;
using Kansformers.Transformers;

namespace Kansformers.Evaluation;

/// <summary>Makes what an encoder-decoder learns from of stretches of text: noised texts for the encoder, and the texts as they were to be written.</summary>
internal sealed class NoisedRows : TextRows
{
    private readonly TextNoise _noise;

    /// <param name="options">How texts are noised.</param>
    /// <param name="tokenizer">The tokenizer of the text.</param>
    /// <param name="model">The model that the rows are for.</param>
    /// <exception cref="KansformersException">There is no mask, the block has no room for text, or the tokenizer is of more ids than the model.</exception>
    public NoisedRows(NoiseOptions options, Tokenizer tokenizer, ModelOptions model)
        : base(tokenizer, model) => _noise = new TextNoise(options, tokenizer, Tokens);

    /// <inheritdoc/>
    public override RowBatch Make(ReadOnlySpan<long> text, int length, Func<int, ulong> key)
    {
        int count = text.Length / length, around = Tokens.AroundText, whole = length + around;
        long[][] noised = new long[count][];
        long[] targets = new long[count * whole];
        for (int row = 0; row < count; row++)
        {
            ReadOnlySpan<long> original = text.Slice(row * length, length);
            noised[row] = Noised(original, key(row));
            Tokens.Template.FillRow(targets.AsSpan(row * whole, whole), original);
        }

        int longest = noised.Max(row => row.Length);
        long[] ids = new long[count * longest], mask = new long[ids.Length];
        Array.Fill(ids, Tokens.Padding ?? 0);
        for (int row = 0; row < count; row++)
        {
            noised[row].CopyTo(ids, row * longest);
            mask.AsSpan(row * longest, noised[row].Length).Fill(1);
        }

        return new RowBatch(ids, targets, count, targets.Length) { Tokens = count * length, Mask = mask.Contains(0) ? mask : null };
    }

    /// <summary>What the encoder reads of a text.</summary>
    public long[] Noised(ReadOnlySpan<long> text, ulong key)
    {
        List<long> noised = _noise.Apply(text, key);
        long[] row = new long[noised.Count + Tokens.AroundText];
        Tokens.Template.FillRow(row, [.. noised]);
        return row;
    }

    /// <summary>A row for people: special tokens aside, with a word where a mask is.</summary>
    public string Shown(IReadOnlyList<long> row, Tokenizer tokenizer)
    {
        List<string> parts = [];
        List<int> ids = [];
        foreach (long id in row.Append(Tokens.Mask!.Value))
        {
            if (id != Tokens.Mask)
            {
                if (!Tokens.IsSpecial(id))
                    ids.Add((int)id);
                continue;
            }

            parts.Add(tokenizer.Decode([.. ids]));
            ids.Clear();
        }

        return string.Join("<mask>", parts);
    }
}
