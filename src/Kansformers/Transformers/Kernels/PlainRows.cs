using Kansformers.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Transformers;

/// <summary>What the functions of this folder need of their inputs.</summary>
internal static class PlainRows
{
    /// <summary>Whether a tensor's memory can be read as rows of float32.</summary>
    public static bool Fit(Tensor tensor) =>
        tensor.device_type == DeviceType.CPU && tensor.dtype == ScalarType.Float32 && tensor.is_contiguous()
        && tensor.NumberOfElements is > 0 and <= int.MaxValue;
}
