using Kansformers.Runtime;
using TorchSharp;

namespace Kansformers.Tests.Runtime;

public class LibTorchTests
{
    [Fact]
    public void Torch_runs_after_nothing_but_a_use_of_the_library()
    {
        LibTorch.Load();
        using torch.Tensor two = torch.ones(3) + 1;
        Assert.Equal(6f, two.sum().item<float>());
        Assert.Equal([2f, 2f, 2f], RawMemory.Span<float>(two).ToArray());
    }

    [Theory]
    [InlineData("cuda", "KANSFORMERS_LIBTORCH")]
    [InlineData("cuda:3", "cuda:3")]
    [InlineData("gpu", "unknown device 'gpu'")]
    [InlineData("cpu:1:2", "unknown device")]
    public void A_device_that_is_not_there_is_a_clear_error(string name, string part)
    {
        Assert.SkipWhen(name.StartsWith("cuda", StringComparison.Ordinal) && torch.cuda.is_available(), "this machine has CUDA");
        Assert.Contains(part, Assert.Throws<KansformersException>(() => Devices.Find(name)).Message, StringComparison.Ordinal);
    }
}
