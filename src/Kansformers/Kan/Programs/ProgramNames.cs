using Kansformers.Checkpoints;

namespace Kansformers.Kan;

/// <summary>Finds the KAN layers of a file by the names that the programs give their tensors, and reads the configuration from shapes.</summary>
internal static class ProgramNames
{
    private const string Degree = "cheby_coeffs", Arange = "arange", Fourier = "fouriercoeffs", Numerator = "weight_numerator", Denominator = "weight_denominator";
    private const string Spline = "spline_weight", Flat = "spline_linear.weight", Width = "rbf.inv_denominator";

    private static readonly string[] Signs = [Spline, Flat, Degree, Fourier, Numerator];

    /// <summary>Whether the last part of a name says that a KAN layer is there.</summary>
    public static bool IsSign(string name) => Signs.Any(sign => PrefixOf(name, sign) is not null);

    /// <summary>The layers, in the order of the file; the configuration is that of the program where shapes do not tell.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="KansformersException">A tensor belongs to no layer, or lacks what goes with it; the message names it.</exception>
    public static IReadOnlyList<ProgramLayer> Find(TensorFile file)
    {
        Dictionary<string, StoredTensor> left = file.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        List<ProgramLayer> layers = [];
        foreach (StoredTensor tensor in file.Tensors)
        {
            foreach (string sign in Signs)
            {
                if (sign != Numerator && PrefixOf(tensor.Name, sign) is string prefix)
                    layers.Add(Read(file, prefix, tensor, left));
            }
        }

        layers.AddRange(RationalNames.Find(file, left));
        if (layers.Count == 0)
            throw new KansformersException($"'{file.Path}' holds no KAN layer that is known: none of {string.Join(", ", Signs)}");
        if (left.Count > 0)
        {
            throw new KansformersException($"'{file.Path}' holds tensors that belong to none of its {layers.Count} KAN layers: {Readable.Names([.. file.Tensors.Select(tensor => tensor.Name).Where(left.ContainsKey)], 8)}");
        }

        Dictionary<string, int> places = file.Tensors.Select((tensor, at) => (tensor.Name, at)).ToDictionary(entry => entry.Name, entry => entry.at);
        return [.. layers.OrderBy(layer => layer.Tensors.Min(tensor => places[tensor.Stored.Name]))];
    }

    /// <summary>What stands before an ending, with its dot; null for a name that does not end so.</summary>
    public static string? PrefixOf(string name, string ending) =>
        name == ending ? "" : name.EndsWith($".{ending}", StringComparison.Ordinal) ? name[..^ending.Length] : null;

    /// <summary>The dimensions of a tensor that must have so many.</summary>
    public static long[] Shape(TensorFile file, StoredTensor tensor, int dimensions) => tensor.Shape.Length == dimensions && tensor.Shape.All(size => size > 0) ? [.. tensor.Shape]
        : throw new KansformersException($"'{file.Path}': '{Readable.Text(tensor.Name)}' has shape {StoredTensor.ShapeText(tensor.Shape.AsSpan())}; it must have {dimensions} dimensions, none of size 0");

    private static ProgramLayer Read(TensorFile file, string prefix, StoredTensor sign, Dictionary<string, StoredTensor> left)
    {
        List<(StoredTensor Stored, KanRole? Role)> found = [];
        string ending = sign.Name[prefix.Length..];
        Take(ending, KanRole.Coefficients);
        (KanOptions options, long inputs, long outputs) = ending switch
        {
            Spline => Splines(),
            Flat => Centres(),
            Degree => Chebyshev(),
            _ => Frequencies(),
        };
        Dictionary<string, int> places = file.Tensors.Select((tensor, at) => (tensor.Name, at)).ToDictionary(entry => entry.Name, entry => entry.at);
        return new ProgramLayer(prefix.TrimEnd('.'), options, inputs, outputs, [.. found.OrderBy(entry => places[entry.Stored.Name]).Select(entry => new ProgramTensor(entry.Stored, entry.Role))]);

        bool Take(string name, KanRole? role)
        {
            if (!left.Remove(prefix + name, out StoredTensor? tensor))
                return false;
            found.Add((tensor, role));
            return true;
        }

        StoredTensor Needed(string name) => left.GetValueOrDefault(prefix + name)
            ?? throw new KansformersException($"'{file.Path}': beside '{Readable.Text(sign.Name)}' there must be '{Readable.Text(prefix + name)}'");

        (KanOptions, long, long) Splines()
        {
            long[] shape = Shape(file, sign, 3), grid = Shape(file, Needed("grid"), 2);
            int order = (int)Math.Clamp(grid[1] - shape[2] - 1, 0, int.MaxValue);
            Take("grid", KanRole.Grid);
            bool scaled = Take("spline_scaler", KanRole.Scaler), based = Take("base_weight", KanRole.Base);
            BSplineOptions read = new() { SplineOrder = order, GridSize = (int)Math.Clamp(shape[2] - order, int.MinValue, int.MaxValue), StandaloneScaler = scaled };
            return (based ? read : read with { BaseActivation = null }, shape[1], shape[0]);
        }

        (KanOptions, long, long) Centres()
        {
            long[] shape = Shape(file, sign, 2), grid = Shape(file, Needed("rbf.grid"), 1);
            int size = (int)Math.Min(grid[0], int.MaxValue);
            if (shape[1] % size != 0)
                throw new KansformersException($"'{file.Path}': '{Readable.Text(sign.Name)}' has {shape[1]} columns, which {size} centres do not divide");
            Take("rbf.grid", KanRole.Grid);
            bool isSwitch = Take(Width, KanRole.Width), norm = Take("layernorm.weight", KanRole.NormWeight);
            Take("layernorm.bias", KanRole.NormBias);

            // faster-kan's weights compute what they did by its own rule alone.
            GridOptions read = isSwitch ? new SwitchOptions { Rule = SwitchRule.Program } : new RadialBasisOptions();
            bool based = isSwitch ? Take("base_weight", KanRole.Base) : Take("base_linear.weight", KanRole.Base);
            if (!isSwitch)
                Take("base_linear.bias", KanRole.BaseBias);
            return (read with { GridSize = size, Norm = norm ? InputNorm.LayerNorm : InputNorm.None, BaseActivation = based ? BaseActivation.Silu : null }, shape[1] / size, shape[0]);
        }

        (KanOptions, long, long) Chebyshev()
        {
            long[] shape = Shape(file, sign, 3);
            Take(Arange, null);
            return (new ChebyshevOptions { Degree = (int)Math.Min(shape[2] - 1, int.MaxValue) }, shape[0], shape[1]);
        }

        (KanOptions, long, long) Frequencies()
        {
            long[] shape = Shape(file, sign, 4);
            return (new FourierOptions { Frequencies = (int)Math.Min(shape[3], int.MaxValue), Bias = Take("bias", KanRole.Bias) }, shape[2], shape[1]);
        }
    }
}
