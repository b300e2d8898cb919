namespace Kansformers.Kan;

/// <summary>The SIMD form of each base activation.</summary>
internal static class Activations
{
    /// <summary>Lets a visitor meet the form of an activation as a type that the compiler knows.</summary>
    public static TResult Meet<TVisitor, TResult>(BaseActivation activation, TVisitor visitor)
        where TVisitor : IActivationVisitor<TResult> => activation switch
        {
            BaseActivation.Silu => visitor.Visit<SiluActivation>(),
            BaseActivation.Gelu => visitor.Visit<GeluActivation>(),
            BaseActivation.GeluTanh => visitor.Visit<GeluTanhActivation>(),
            BaseActivation.Relu => visitor.Visit<ReluActivation>(),
            BaseActivation.Identity => visitor.Visit<IdentityActivation>(),
            BaseActivation.Tanh => visitor.Visit<TanhActivation>(),
            BaseActivation.Sigmoid => visitor.Visit<SigmoidActivation>(),
            BaseActivation.Elu => visitor.Visit<EluActivation>(),
            BaseActivation.LeakyRelu => visitor.Visit<LeakyReluActivation>(),
            BaseActivation.Softplus => visitor.Visit<SoftplusActivation>(),
            BaseActivation.Mish => visitor.Visit<MishActivation>(),
            BaseActivation.ReluSquared => visitor.Visit<ReluSquaredActivation>(),
            _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "unknown base activation"),
        };
}

/// <summary>Does something with an activation's SIMD form.</summary>
internal interface IActivationVisitor<out TResult>
{
    /// <summary>Does it.</summary>
    TResult Visit<TActivation>()
        where TActivation : struct, IActivation;
}
