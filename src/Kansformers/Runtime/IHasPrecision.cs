namespace Kansformers.Runtime;

/// <summary>A module whose matrix products can be computed in another precision than that of its parameters.</summary>
public interface IHasPrecision
{
    /// <summary>How the products are computed on the CPU.</summary>
    Precision Precision { get; set; }
}
