using Kansformers.Text;

namespace Kansformers.Training;

/// <summary>Texts as an encoder takes them, with what is wanted of each.</summary>
/// <param name="Inputs">The texts.</param>
/// <param name="Targets">For each its label, counted from 0, or its number.</param>
internal sealed record LabelledExamples(IReadOnlyList<ModelInput> Inputs, IReadOnlyList<double> Targets)
{
    public int Count => Inputs.Count;
}
