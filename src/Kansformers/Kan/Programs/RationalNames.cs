using Kansformers.Checkpoints;

namespace Kansformers.Kan;

/// <summary>
/// KAT's layers in a file: a rational function and the linear layer that it stands before. They are modules of their own in the program, and which belong together
/// is told by their names: one module with both, or the same number at the end (<c>act1</c> and <c>fc1</c>), or the order of each below one parent.
/// </summary>
internal static class RationalNames
{
    private const string Numerator = "weight_numerator", Denominator = "weight_denominator";

    /// <summary>The layers; their tensors are taken from those that are left.</summary>
    public static IReadOnlyList<ProgramLayer> Find(TensorFile file, Dictionary<string, StoredTensor> left)
    {
        string[] functions = [.. file.Tensors.Select(tensor => ProgramNames.PrefixOf(tensor.Name, Numerator)).OfType<string>()];
        string[] matrices = [.. file.Tensors.Where(tensor => left.ContainsKey(tensor.Name) && tensor.Shape.Length == 2).Select(tensor => ProgramNames.PrefixOf(tensor.Name, "weight")).OfType<string>()];
        List<ProgramLayer> layers = [];
        foreach (IGrouping<string, string> parent in functions.GroupBy(function => matrices.Contains(function) ? function : Parent(function)))
        {
            string[] here = [.. matrices.Where(matrix => matrix == parent.Key && parent.Contains(matrix))];
            if (here.Length == 0)
                here = [.. matrices.Where(matrix => Parent(matrix) == parent.Key && !functions.Contains(matrix))];
            if (here.Length != parent.Count())
            {
                throw new KansformersException($"'{file.Path}': below '{Readable.Text(parent.Key)}' there are {parent.Count()} rational functions and {here.Length} linear layers, "
                    + "so that it does not tell which linear layer follows which");
            }

            foreach ((string function, string matrix) in ByNumber(parent).Zip(ByNumber(here)))
                layers.Add(Read(file, function, matrix, left));
        }

        return layers;
    }

    private static ProgramLayer Read(TensorFile file, string function, string matrix, Dictionary<string, StoredTensor> left)
    {
        StoredTensor p = Needed(function + Numerator), q = Needed(function + Denominator), weight = Needed(matrix + "weight");
        long[] shape = ProgramNames.Shape(file, weight, 2);
        long groups = Math.Max(Rows(p), Rows(q));
        List<ProgramTensor> tensors = [new(p, KanRole.Numerator), new(q, KanRole.Denominator), new(weight, KanRole.Coefficients)];
        if (left.TryGetValue(matrix + "bias", out StoredTensor? bias))
            tensors.Add(new ProgramTensor(bias, KanRole.Bias));
        foreach (ProgramTensor tensor in tensors)
            left.Remove(tensor.Stored.Name);
        RationalOptions options = new()
        {
            Sharing = KanSharing.Group((int)Math.Min(groups, int.MaxValue)), NumeratorDegree = (int)Math.Min(p.Shape[^1] - 1, int.MaxValue),
            DenominatorDegree = (int)Math.Min(q.Shape[^1], int.MaxValue), Bias = bias is not null,
        };
        string name = function == matrix ? function : matrix;
        return new ProgramLayer(name.TrimEnd('.'), options, shape[1], shape[0], tensors);

        StoredTensor Needed(string of) => left.GetValueOrDefault(of)
            ?? throw new KansformersException($"'{file.Path}': beside '{Readable.Text(function + Numerator)}' there must be '{Readable.Text(of)}'");

        long Rows(StoredTensor tensor) => tensor.Shape is [> 0] ? 1 : ProgramNames.Shape(file, tensor, 2)[0];
    }

    // "mlp.act1." is below "mlp.".
    private static string Parent(string prefix) => prefix.LastIndexOf('.', Math.Max(0, prefix.Length - 2)) is >= 0 and int at && at < prefix.Length - 1 ? prefix[..(at + 1)] : "";

    private static IEnumerable<string> ByNumber(IEnumerable<string> prefixes) => prefixes.OrderBy(Number);

    // Stable: those without a number keep the order of the file.
    private static long Number(string prefix)
    {
        string name = prefix.TrimEnd('.');
        string digits = name[(name.AsSpan().TrimEnd("0123456789").Length)..];
        return digits.Length is > 0 and < 10 ? long.Parse(digits, System.Globalization.CultureInfo.InvariantCulture) : -1;
    }
}
