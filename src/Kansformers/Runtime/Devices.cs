using System.Globalization;
using TorchSharp;
using static TorchSharp.torch;

namespace Kansformers.Runtime;

/// <summary>Names of devices, and whether they are there.</summary>
public static class Devices
{
    /// <summary>Whether <see cref="Find"/> knows a name, be the device there or not. It loads nothing.</summary>
    /// <param name="name">The name.</param>
    public static bool IsName(string name) => Parse(name) is not null;

    /// <summary>Turns a name into a device that is there.</summary>
    /// <param name="name"><c>cpu</c>, <c>cuda</c>, <c>cuda:N</c>, <c>mps</c>, or <c>auto</c> (CUDA when it is there, else the CPU).</param>
    /// <exception cref="KansformersException">The name is unknown, or no such device is there; the message says what to do.</exception>
    public static Device Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        (string kind, int index) = Parse(name) ?? throw new KansformersException($"unknown device '{name}': use cpu, cuda, cuda:N, mps or auto");
        LibTorch.Load();
        return kind switch
        {
            "cuda" => Cuda(name, index),
            "auto" => cuda.is_available() ? new Device(DeviceType.CUDA, 0) : CPU,
            "mps" => mps_is_available() ? new Device(DeviceType.MPS)
                : throw new KansformersException("device 'mps' is not there: it needs macOS on Apple silicon; use Devices.Find(\"cpu\")"),
            _ => CPU,
        };
    }

    private static (string Kind, int Index)? Parse(string name)
    {
        string[] parts = name.Split(':');
        return parts switch
        {
            ["cpu" or "auto" or "mps" or "cuda"] => (name, 0),
            ["cuda", string number] when int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => ("cuda", index),
            _ => null,
        };
    }

    private static Device Cuda(string name, int index)
    {
        if (!cuda.is_available())
        {
            throw new KansformersException(
                $"device '{name}' is not there: this libtorch has no CUDA, or the machine has no GPU; "
                + $"set {LibTorch.FolderVariable} to the 'lib' folder of a CUDA libtorch 2.10, or use Devices.Find(\"cpu\")");
        }

        int count = cuda.device_count();
        return index < count
            ? new Device(DeviceType.CUDA, index)
            : throw new KansformersException($"device '{name}' is not there: this machine has {count} CUDA device(s), counted from 0");
    }
}
