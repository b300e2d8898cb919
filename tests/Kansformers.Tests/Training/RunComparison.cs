using Kansformers.Checkpoints;
using Kansformers.Training;

namespace Kansformers.Tests.Training;

/// <summary>What two runs must agree in when one was interrupted: everything but the clock.</summary>
internal static class RunComparison
{
    public static void AssertSame(string expected, string actual)
    {
        Assert.Equal(Log(expected), Log(actual));
        Assert.Equal(Tensors(expected), Tensors(actual));
        string best = Path.Combine(expected, "model.safetensors");
        if (File.Exists(best))
            Assert.Equal(File.ReadAllBytes(best), File.ReadAllBytes(Path.Combine(actual, "model.safetensors")));
        Assert.Empty(Directory.GetFiles(actual, "*.tmp"));
    }

    /// <summary>The log without its times.</summary>
    public static string[] Log(string run) => [.. RunLog.Read(Path.Combine(run, RunLog.FileName)).Select(entry => entry switch
    {
        TrainRecord train => (train with { Seconds = 0, TokensPerSecond = 0 }).ToString(),
        ValidationRecord validation => (validation with { Seconds = 0 }).ToString(),
        _ => entry.ToString(),
    })];

    /// <summary>Weights and moments of the checkpoint, with their bytes.</summary>
    private static string[] Tensors(string run)
    {
        using TensorFile file = StateDictionary.Load(Path.Combine(run, "checkpoint.safetensors"));
        return [.. file.Tensors.Select(tensor =>
        {
            using TorchSharp.torch.Tensor values = StateDictionary.ToTensor(tensor);
            return $"{tensor.Name} {string.Join('x', tensor.Shape)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(values.bytes))}";
        })];
    }
}
