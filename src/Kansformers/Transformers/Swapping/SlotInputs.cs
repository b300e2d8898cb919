using Kansformers.Kan;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What goes into the layers of a model while it runs, and comes out of those behind which an activation stands.</summary>
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
        HashSet<string> followed = [.. slots.Select(slot => slot.Follows).OfType<string>()];
        foreach (ModelSlot slot in slots)
        {
            SampleRows input = made._inputs[slot.Name] = new SampleRows(rows), output = new(rows);
            bool keeps = followed.Contains(slot.Name);
            if (keeps)
                made._outputs[slot.Name] = output;
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

    /// <summary>What went into a layer; where an activation may stand before it what came out of the layer before that.</summary>
    public SampleRows? Before(ModelSlot slot) => Seen(slot.Follows is null ? _inputs : _outputs, slot.Follows ?? slot.Name);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SampleRows rows in _inputs.Values.Concat(_outputs.Values))
            rows.Dispose();
    }

    private static SampleRows? Seen(Dictionary<string, SampleRows> all, string name) => all.GetValueOrDefault(name) is { IsEmpty: false } rows ? rows : null;
}
