using System.Reflection;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace Kansformers.Transformers;

/// <summary>Hooks that one module hands to another.</summary>
internal static class ModuleHooks
{
    private static readonly FieldInfo[] Fields =
    [
        .. typeof(Module<Tensor, Tensor>).BaseType!.GetFields(BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)
            .Where(field => field.Name.EndsWith("_hooks", StringComparison.Ordinal)),
    ];

    /// <summary>Gives a module the hooks of another one. They are the same set from then on, so that whoever registered one can remove it by the handle that came of that.</summary>
    public static void Share(Module<Tensor, Tensor> from, Module<Tensor, Tensor> to)
    {
        foreach (FieldInfo field in Fields)
            field.SetValue(to, field.GetValue(from));
    }
}
