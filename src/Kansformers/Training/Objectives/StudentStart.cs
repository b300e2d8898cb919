using System.Globalization;
using System.Text.RegularExpressions;
using Kansformers.Transformers;
using static TorchSharp.torch;

namespace Kansformers.Training;

/// <summary>With what weights a student begins that has none yet.</summary>
public enum StudentStart
{
    /// <summary>Random ones.</summary>
    Random,

    /// <summary>Its teacher's: of the layers evenly many, such as every other one (Sanh et al., "DistilBERT", 2019, section 3), and all else.</summary>
    Teacher,
}

/// <summary>Gives a student its teacher's weights.</summary>
internal static partial class TeacherWeights
{
    /// <summary>Why a student cannot have a teacher's weights; null where it can.</summary>
    public static string? Obstacle(ModelOptions teacher, ModelOptions student)
    {
        bool isOne = teacher.Family == student.Family || (teacher is BertOptions && student is DistilBertOptions); // which has BERT's parts, but for token types
        return !isOne ? $"is a {teacher.Family.Name}, the model a {student.Family.Name}"
            : teacher.Width != student.Width ? $"has a width of {teacher.Width}, the model {student.Width}"
            : teacher.Heads != student.Heads ? $"has {teacher.Heads} heads, the model {student.Heads}"
            : teacher.Layers < student.Layers ? $"has {teacher.Layers} layers, the model {student.Layers}"
            : null;
    }

    /// <summary>The teacher's layer that is a student's at the beginning: the first, then evenly apart.</summary>
    public static int LayerOf(int layer, int layers, int teachers) => layer * teachers / layers;

    /// <summary>Copies what both have; what the teacher lacks, such as KAN layers where it has linear ones, stays as it is.</summary>
    /// <returns>What there is to say of it.</returns>
    public static string Copy(TransformerModel teacher, TransformerModel student)
    {
        using var guard = no_grad();
        using var scope = NewDisposeScope();
        (int layers, int teachers) = (student.Options.Layers, teacher.Options.Layers);
        Dictionary<string, Tensor> from = teacher.state_dict();
        int random = 0;
        foreach ((string name, Tensor tensor) in student.state_dict())
        {
            string source = LayerName().Replace(name, part =>
                $"{part.Groups["list"].Value}{LayerOf(int.Parse(part.Groups["layer"].Value, CultureInfo.InvariantCulture), layers, teachers)}.");
            if (from.TryGetValue(source, out Tensor? known) && Fitting(known, tensor) is Tensor weights)
                tensor.copy_(weights);
            else
                random++;
        }

        string taken = string.Join(", ", Enumerable.Range(0, layers).Select(layer => LayerOf(layer, layers, teachers) + 1));
        return $"start   the model begins with its teacher's weights, layers {taken} of {teachers}{(random == 0 ? "" : $"; {random} tensors that the teacher does not have, or in another size, begin at random")}";
    }

    // Of a table of positions a shorter model has the first rows.
    private static Tensor? Fitting(Tensor from, Tensor to) => from.shape.AsSpan().SequenceEqual(to.shape) ? from
        : from.dim() == 2 && from.shape[1] == to.shape[1] && from.shape[0] > to.shape[0] ? from[..(int)to.shape[0]] : null;

    // The list of a model's blocks with the number of one.
    [GeneratedRegex(@"^(?<list>(?:transformer\.h|blocks)\.)(?<layer>\d+)\.")]
    private static partial Regex LayerName();
}
