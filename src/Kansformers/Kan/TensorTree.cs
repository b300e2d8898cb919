using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>Tensors registered under names with dots, as if each name before a dot were a module, so that state dictionaries of other programs fit.</summary>
internal static class TensorTree
{
    /// <summary>Makes the tensors, with arbitrary content, and registers them below a module.</summary>
    public static void Register(nn.Module root, IEnumerable<KanTensor> tensors, Device? device)
    {
        foreach (KanTensor one in tensors)
        {
            nn.Module at = root;
            string[] path = one.Name.Split('.');
            foreach (string folder in path[..^1])
                at = Child(at, folder);
            Tensor value = empty([.. one.Shape], dtype: ScalarType.Float32, device: device).DetachFromDisposeScope();
            if (one.IsLearned)
                at.register_parameter(path[^1], Detached(new Parameter(value)));
            else
                at.register_buffer(path[^1], value);
        }
    }

    /// <summary>The tensors by their roles, as the module holds them now.</summary>
    public static Dictionary<KanRole, Tensor> Find(nn.Module root, IEnumerable<KanTensor> tensors)
    {
        Dictionary<string, Tensor> byName = [];
        foreach ((string name, Parameter parameter) in root.named_parameters())
            byName[name] = parameter;
        foreach ((string name, Tensor buffer) in root.named_buffers())
            byName[name] = buffer;
        return tensors.ToDictionary(one => one.Role, one => byName[one.Name]);
    }

    private static Parameter Detached(Parameter parameter)
    {
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    private static nn.Module Child(nn.Module parent, string name)
    {
        foreach ((string known, nn.Module child) in parent.named_children())
        {
            if (known == name)
                return child;
        }

        Folder made = new(name);
        parent.register_module(name, made);
        return made;
    }

    private sealed class Folder(string name) : nn.Module(name);
}
