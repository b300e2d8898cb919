using System.IO.Hashing;
using System.Text;
using Kansformers.Runtime;
using Kansformers.Transformers;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Evaluation;

/// <summary>A short name for what a model computes: its weights, its architecture, its precision and the kind of its device.</summary>
internal static class ModelDigest
{
    /// <summary>Sixteen letters that differ where a model does.</summary>
    public static unsafe string Of(TransformerModel model)
    {
        using var guard = no_grad();
        XxHash128 hash = new();
        hash.Append(Encoding.UTF8.GetBytes($"{model.Options} {model.Precision} {model.Device.type}"));
        foreach ((string name, Tensor tensor) in model.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            using var scope = NewDisposeScope();
            Tensor here = tensor.cpu().contiguous();
            hash.Append(Encoding.UTF8.GetBytes($"{name} {here.dtype} {string.Join(',', here.shape)}"));
            byte* bytes = (byte*)RawMemory.Pointer(here);
            for (long at = 0, size = here.numel() * here.element_size(); at < size; at += 1 << 30)
                hash.Append(new ReadOnlySpan<byte>(bytes + at, (int)Math.Min(1 << 30, size - at)));
            GC.KeepAlive(here);
        }

        return Convert.ToHexStringLower(hash.GetCurrentHash())[..16];
    }
}
