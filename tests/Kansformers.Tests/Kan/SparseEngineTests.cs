using Kansformers.Kan;

namespace Kansformers.Tests.Kan;

/// <summary>All that holds for the engine, on the path that multiplies live coefficients only.</summary>
public sealed class SparseEngineTests : EngineTests, IDisposable
{
    public SparseEngineTests() => SparseSplines.Force = true;

    public void Dispose() => SparseSplines.Force = null;
}
