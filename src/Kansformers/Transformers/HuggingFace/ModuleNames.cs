using System.Globalization;
using Kansformers.Checkpoints;

namespace Kansformers.Transformers;

/// <summary>A module by our name and by theirs.</summary>
/// <param name="Ours">Our name; <c>#</c> stands for the number of a block.</param>
/// <param name="Theirs">Their names: more than one where ours is theirs one below the other.</param>
internal sealed record ModuleNames(string Ours, params string[] Theirs)
{
    /// <summary>The ends of the names of its tensors.</summary>
    public IReadOnlyList<string> Ends { get; init; } = [".weight", ".bias"];

    /// <summary>A table of vectors, which has a weight alone.</summary>
    public static ModuleNames Table(string ours, string theirs) => new(ours, theirs) { Ends = [".weight"] };

    /// <summary>A tensor by its whole name.</summary>
    public static ModuleNames Tensor(string ours, string theirs) => new(ours, theirs) { Ends = [""] };

    /// <summary>Its tensors, in each of the blocks where it is a part of those: our name and theirs.</summary>
    /// <param name="blocks">How many blocks there are.</param>
    public IEnumerable<(string Ours, string[] Theirs)> Tensors(int blocks)
    {
        for (int block = 0; block < (Ours.Contains('#', StringComparison.Ordinal) ? blocks : 1); block++)
        {
            string number = block.ToString(CultureInfo.InvariantCulture);
            foreach (string end in Ends)
                yield return (Ours.Replace("#", number, StringComparison.Ordinal) + end, [.. Theirs.Select(name => name.Replace("#", number, StringComparison.Ordinal) + end)]);
        }
    }

    /// <summary>How many blocks a file has: one more than the largest number that is there.</summary>
    /// <param name="name">The name of a tensor that each has, with <c>#</c> for the number.</param>
    /// <param name="found">The tensors of the file.</param>
    public static int Blocks(string name, IReadOnlyDictionary<string, StoredTensor> found)
    {
        int blocks = 0;
        while (found.ContainsKey(name.Replace("#", blocks.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)))
            blocks++;
        return blocks;
    }

    /// <summary>Takes the tensors of a model from those of a file, and puts parts together.</summary>
    /// <param name="names">Our names, and theirs.</param>
    /// <param name="found">The tensors of the file, by their names; what is taken is taken out.</param>
    /// <param name="weights">The file.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    /// <param name="lacks">What to throw where one is missing.</param>
    public static List<StoredTensor> Take(IEnumerable<(string Ours, string[] Theirs)> names, Dictionary<string, StoredTensor> found, TensorFile weights, List<TensorChange> changes, Func<string, KansformersException> lacks)
    {
        List<StoredTensor> tensors = [];
        foreach ((string ours, string[] theirs) in names)
        {
            StoredTensor[] parts = [.. theirs.Select(name => found.Remove(name, out StoredTensor? tensor) ? tensor : throw lacks(name))];
            if (parts.FirstOrDefault(part => part.Type != parts[0].Type || !part.Shape.SequenceEqual(parts[0].Shape)) is StoredTensor other)
                throw new KansformersException($"'{weights.Path}': '{Readable.Text(other.Name)}' is {other.Type} {StoredTensor.ShapeText(other.Shape.AsSpan())}, '{Readable.Text(parts[0].Name)}' {parts[0].Type} {StoredTensor.ShapeText(parts[0].Shape.AsSpan())}; they must be alike");
            tensors.Add(parts.Length == 1 ? parts[0].WithName(ours) : StoredTensor.Joined(ours, parts));
            changes.AddRange(parts.Select(part => new TensorChange(weights.OriginalName(part.Name), ours, parts.Length == 1 ? TensorFate.Renamed : TensorFate.Joined)));
        }

        return tensors;
    }

    /// <summary>The tensors of a model by their names, what is several there taken apart.</summary>
    /// <param name="names">Our names, and theirs.</param>
    /// <param name="tensors">The model's tensors.</param>
    /// <param name="changes">Receives a line per tensor.</param>
    public static List<StoredTensor> Give(IEnumerable<(string Ours, string[] Theirs)> names, IReadOnlyList<StoredTensor> tensors, List<TensorChange> changes)
    {
        Dictionary<string, string[]> places = names.ToDictionary(entry => entry.Ours, entry => entry.Theirs);
        List<StoredTensor> written = [];
        foreach (StoredTensor tensor in tensors)
        {
            string[] theirs = places[tensor.Name];
            for (int part = 0; part < theirs.Length; part++)
            {
                written.Add(theirs.Length == 1 ? tensor.WithName(theirs[part]) : tensor.RowPart(theirs[part], part, theirs.Length));
                changes.Add(new TensorChange(tensor.Name, theirs[part], theirs.Length == 1 ? TensorFate.Renamed : TensorFate.Split));
            }
        }

        return written;
    }
}
