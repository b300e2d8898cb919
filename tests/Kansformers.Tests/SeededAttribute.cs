using System.Reflection;
using Kansformers.Tests.Training;
using Xunit.v3;
using static TorchSharp.torch;

namespace Kansformers.Tests;

/// <summary>
/// Seeds torch's generator and sets its number of threads before each test, so that none hangs on what ran before it. OpenMP keeps that number for each thread of the
/// process by itself, and a test may run on another one than the test that set it: putting it back afterwards would not do.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SeededAttribute : BeforeAfterTestAttribute
{
    private const long Seed = 20;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        random.manual_seed(Seed);
        set_num_threads(test.TestMethod.TestClass.Class.IsAssignableTo(typeof(OneThread)) ? 1 : AssemblySetup.Threads);
    }
}
