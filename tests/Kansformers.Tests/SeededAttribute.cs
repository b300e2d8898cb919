using System.Reflection;
using Xunit.v3;
using static TorchSharp.torch;

namespace Kansformers.Tests;

/// <summary>Seeds torch's generator before each test, so that none hangs on what ran before it.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SeededAttribute : BeforeAfterTestAttribute
{
    private const long Seed = 20;

    public override void Before(MethodInfo methodUnderTest, IXunitTest test) => random.manual_seed(Seed);
}
