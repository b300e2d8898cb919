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

    // A copy of a library that cannot be written fails within the initialization of a type of TorchSharp, and has a cause of its own.
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public void What_the_user_can_do_is_found_within_other_failures(int around, bool caused)
    {
        KansformersException expected = new("cannot write 'a': the disk is full", caused ? new IOException("No space left on device") : null);
        Exception failure = expected;
        for (int i = 0; i < around; i++)
            failure = new TypeInitializationException("torch", failure);
        Assert.Same(expected, KansformersException.Within(failure));
        Assert.Null(KansformersException.Within(new TypeInitializationException("torch", new IOException())));
    }
}
