using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Kan;

/// <summary>A module that holds the parameters of functions: its tensors are its own, whatever modules their names seem to stand in.</summary>
internal interface IKanModule
{
    /// <summary>What one of its parameters is.</summary>
    KanPart PartOf(Parameter parameter);

    /// <summary>What a parameter among such tensors is.</summary>
    static KanPart PartOf(KanTensors tensors, Parameter parameter) => tensors.All.First(entry => entry.Value.Handle == parameter.Handle).Key switch
    {
        KanRole.Base => KanPart.Matrix,
        KanRole.Coefficients when !tensors.IsEdge => KanPart.Matrix,
        KanRole.Bias or KanRole.BaseBias or KanRole.NormWeight or KanRole.NormBias => KanPart.Vector,
        _ => KanPart.Function,
    };
}
