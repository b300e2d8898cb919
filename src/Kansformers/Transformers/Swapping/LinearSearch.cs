using System.Reflection;
using Kansformers.Runtime;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Module = TorchSharp.torch.nn.Module;

namespace Kansformers.Transformers;

/// <summary>The modules within a module, and the linear layers among them.</summary>
internal sealed class LinearSearch
{
    private static readonly string[] Native =
        ["MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder", "TransformerDecoderLayer"];

    private readonly List<Module> _modules = [];
    private readonly HashSet<Module> _visited = new(ReferenceEqualityComparer.Instance), _path = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Linear, (List<string> Names, Module Parent)> _linears = new(ReferenceEqualityComparer.Instance);
    private readonly List<Linear> _order = [];
    private readonly Dictionary<nint, List<(object Owner, string Name)>> _parameters = [];

    private LinearSearch(Module root)
    {
        if (!root.named_children().Any())
            Register(root);
        Walk(root, "");
    }

    /// <summary>The module and all within it, each once.</summary>
    public IReadOnlyList<Module> Modules => _modules;

    /// <summary>The linear layers, in the module's order.</summary>
    public IEnumerable<LinearSite> Sites => _order.Select(layer => new LinearSite(_linears[layer].Names[0], layer)
    {
        Names = _linears[layer].Names,
        Parent = _linears[layer].Parent,
        TiedTo = TiedTo(layer),
    });

    /// <summary>Modules of libtorch itself, whose linear layers are no modules.</summary>
    public List<SwapResult> Opaque { get; } = [];

    /// <summary>Searches a module.</summary>
    public static LinearSearch Of(Module root) => new(root);

    private void Walk(Module module, string name)
    {
        if (!_path.Add(module))
            return; // a module within itself
        string prefix = name.Length == 0 ? "" : $"{name}.";
        if (_visited.Add(module))
        {
            _modules.Add(module);
            foreach ((string own, Parameter parameter) in module.named_parameters(recurse: false))
                Note(parameter, module, prefix + own);
            if (Native.Contains(module.GetType().Name) && module.GetType().Assembly == typeof(Linear).Assembly)
                Opaque.Add(new SwapResult(name, 0, 0) { Reason = $"{module.GetType().Name} is a module of libtorch, whose linear layers cannot be reached" });
        }

        foreach ((string own, Module child) in module.named_children())
        {
            if (child is Linear layer)
            {
                if (_linears.TryAdd(layer, ([], module)))
                    _order.Add(layer);
                _linears[layer].Names.Add(prefix + own);
            }

            Walk(child, prefix + own);
        }

        _path.Remove(module);
    }

    private void Note(Parameter parameter, Module owner, string name)
    {
        nint memory = MemoryOf(parameter);
        if (!_parameters.TryGetValue(memory, out List<(object, string)>? owners))
            _parameters[memory] = owners = [];
        owners.Add((owner, name));
    }

    private string? TiedTo(Linear layer) => ((Parameter?[])[layer.weight, layer.bias]).OfType<Parameter>()
        .SelectMany(parameter => _parameters.GetValueOrDefault(MemoryOf(parameter)) ?? []).Where(entry => !ReferenceEquals(entry.Owner, layer)).Select(entry => entry.Name).FirstOrDefault();

    // Two parameters can be one memory under two handles.
    private static nint MemoryOf(Parameter parameter) => parameter.device_type == DeviceType.CPU && parameter.numel() > 0 ? RawMemory.Pointer(parameter) : parameter.Handle;

    // Lists and dictionaries of modules register what is in them only once they are part of a module.
    private static void Register(Module root)
    {
        MethodInfo? method = null;
        for (Type? type = root.GetType(); type is not null && method is null; type = type.BaseType)
            method = type.GetMethod("RegisterComponents", BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly, []);
        method?.Invoke(root, null);
    }
}
