using System.Text.Json.Serialization;
using Kansformers.Kan;

namespace Kansformers.Cli.Bench;

/// <summary>A network of the public benchmark by one of its contestants, as <c>bench layer --public --json</c> prints it; null is what was not measured.</summary>
/// <param name="Network">The network.</param>
/// <param name="Variant">Ours, the reference, or the MLP.</param>
internal sealed record PublicResult([property: JsonIgnore] PublicNetwork Network, string Variant)
{
    public string? Kan => Network.Kan?.Kind;

    public string? Sharing => Network.Kan?.Sharing.ToString();

    /// <summary>The kind with its size.</summary>
    public string Title => Network.Kan?.Summary() ?? PublicContestants.Mlp;

    /// <summary>The features of the hidden layer.</summary>
    public long Hidden => Network.Hidden;

    /// <summary>The learned values.</summary>
    public long Parameters { get; init; }

    public double? ForwardMs => Timing?.ForwardMs;

    public double? BackwardMs => Timing?.BackwardMs;

    public double? ForwardMinMs => Timing?.ForwardMinMs;

    public double? BackwardMinMs => Timing?.BackwardMinMs;

    public int? Rounds => Timing?.Rounds;

    /// <summary>The most memory up to the end of the forward pass, beyond the parameters.</summary>
    public long? ForwardPeakBytes { get; init; }

    /// <summary>The most memory up to the end of the backward pass, beyond the parameters.</summary>
    public long? PeakBytes { get; init; }

    [JsonIgnore]
    public Timing? Timing { get; init; }

    /// <summary>A name that no other result of the table has.</summary>
    [JsonIgnore]
    public string Name => Network.Kan is null ? Variant : $"{Title}, {Variant}";
}
