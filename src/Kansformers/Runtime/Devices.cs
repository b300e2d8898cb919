using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>Names of devices, and whether they are there.</summary>
public static class Devices
{
    /// <summary>Turns a name into a device that is there.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, <c>mps</c>, or <c>auto</c> (CUDA when it is there, else the CPU).</param>
    /// <exception cref="KansformersException">The name is unknown, or no such device is there; the message says what to do.</exception>
    public static Device Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        LibTorch.Load();
        string[] parts = name.Split(':');
        int index = 0;
        if (parts.Length > 2 || (parts.Length == 2 && (!int.TryParse(parts[1], out index) || index < 0)))
            throw Unknown(name);
        return parts[0] switch
        {
            "cpu" when parts.Length == 1 => CPU,
            "auto" when parts.Length == 1 => cuda.is_available() ? new Device(DeviceType.CUDA, 0) : CPU,
            "mps" when parts.Length == 1 => mps_is_available() ? new Device(DeviceType.MPS)
                : throw new KansformersException("device 'mps' is not there: it needs macOS on Apple silicon; use --device cpu"),
            "cuda" => Cuda(name, index),
            _ => throw Unknown(name),
        };
    }

    private static Device Cuda(string name, int index)
    {
        if (!cuda.is_available())
        {
            throw new KansformersException(
                $"device '{name}' is not there: this libtorch has no CUDA, or the machine has no GPU; "
                + $"set {LibTorch.FolderVariable} to the 'lib' folder of a CUDA libtorch 2.10, or use --device cpu");
        }

        int count = cuda.device_count();
        return index < count
            ? new Device(DeviceType.CUDA, index)
            : throw new KansformersException($"device '{name}' is not there: this machine has {count} CUDA device(s), counted from 0");
    }

    private static KansformersException Unknown(string name) =>
        new($"unknown device '{name}': use cpu, cuda, cuda:N, mps or auto");
}
