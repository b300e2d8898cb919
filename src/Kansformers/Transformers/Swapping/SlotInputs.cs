using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What goes into the layers of a model while it runs, and comes out of the first layers of feed-forward parts.</summary>
internal sealed class SlotInputs : IDisposable
{
    private readonly Dictionary<string, SampleRows> _inputs = [], _outputs = [];

    /// <summary>Runs the model without gradients, in evaluation mode.</summary>
    /// <param name="model">The model.</param>
    /// <param name="slots">Its slots.</param>
    /// <param name="batches">Token ids, (B, T) each.</param>
    /// <param name="rows">How many inputs of each layer are kept.</param>
    public static SlotInputs Of(TransformerModel model, IReadOnlyList<ModelSlot> slots, IReadOnlyList<Tensor> batches, int rows)
    {
        SlotInputs made = new();
        HashSet<string> expands = [.. slots.Select(slot => slot.Expand).OfType<string>()];
        foreach (ModelSlot slot in slots)
        {
            SampleRows input = made._inputs[slot.Name] = new SampleRows(rows), output = new(rows);
            if (expands.Contains(slot.Name))
                made._outputs[slot.Name] = output;
            bool keeps = expands.Contains(slot.Name);
            if (slot.Module is IProbed probed)
                probed.Probe = (x, y) => Take(x, y);
            else if (slot.Module is KanLinear kan)
                kan.Probe = (_, x) => Take(x, keeps ? KanReference.Forward(kan, x) : x);

            void Take(Tensor x, Tensor y)
            {
                input.Add(x);
                if (keeps)
                    output.Add(y);
            }
        }

        try
        {
            using EvaluationMode evaluation = new(model);
            using var guard = no_grad();
            foreach (Tensor batch in batches)
            {
                using var scope = NewDisposeScope();
                model.forward(batch);
            }

            return made;
        }
        catch
        {
            made.Dispose();
            throw;
        }
        finally
        {
            foreach (ModelSlot slot in slots)
            {
                if (slot.Module is IProbed probed)
                    probed.Probe = null;
                else if (slot.Module is KanLinear kan)
                    kan.Probe = null;
            }
        }
    }

    /// <summary>What went into a layer; of the second layer of a feed-forward part what came out of the first, before any activation.</summary>
    public SampleRows? Before(ModelSlot slot) => Seen(slot.Expand is null ? _inputs : _outputs, slot.Expand ?? slot.Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SampleRows rows in _inputs.Values.Concat(_outputs.Values))
            rows.Dispose();
    }

    private static SampleRows? Seen(Dictionary<string, SampleRows> all, string name) => all.GetValueOrDefault(name) is { IsEmpty: false } rows ? rows : null;
}
