using Kansformers.Kan;

namespace Kansformers.Transformers;

/// <summary>A part of a model in which an activation stands behind a layer, unless layers that are KANs take it in or do without it.</summary>
internal interface IHasActivation
{
    /// <summary>What stands behind the first layer, outside of all layers; the identity where nothing does.</summary>
    BaseActivation Between { get; }

    /// <summary>Whether the layers are KANs.</summary>
    bool IsKan { get; }

    /// <summary>
    /// The names that linear layers have within the part: of the layer before the activation, and of the one that takes its values; null where that is no layer but a norm.
    /// </summary>
    (string First, string? Second) Names { get; }
}
