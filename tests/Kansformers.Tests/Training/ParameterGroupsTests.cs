using Kansformers.Kan;
using Kansformers.Training;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;

namespace Kansformers.Tests.Training;

public class ParameterGroupsTests : OneThread
{
    [Theory]
    [InlineData(KanPlacement.All, false)]
    [InlineData(KanPlacement.Mlp, false)]
    [InlineData(KanPlacement.None, false)]
    [InlineData(KanPlacement.None, true)]
    public void Every_parameter_is_in_one_group_of_its_role(KanPlacement placement, bool tied)
    {
        using Gpt model = Model(placement, tied);
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(model, 0.3);
        Assert.Equal(
            model.named_parameters().Select(entry => entry.name).Order(StringComparer.Ordinal),
            groups.SelectMany(group => group.Parameters).Select(entry => entry.Name).Order(StringComparer.Ordinal));
        Assert.Equal(groups.Select(group => group.Role).Distinct().Order(), groups.Select(group => group.Role));
        Assert.All(groups, group => Assert.Equal(1, group.RateFactor));
        Assert.All(groups, group => Assert.Equal(group.Role is ParameterRole.Embedding or ParameterRole.Vector ? 0 : 0.3, group.WeightDecay));
        Assert.Equal(["transformer.wpe.weight", "transformer.wte.weight"], Names(ParameterRole.Embedding));
        Assert.All(Names(ParameterRole.Vector), name => Assert.Matches(@"\.bias$|\.ln_[12f]\.weight$", name));
        Assert.All(Names(ParameterRole.KanFunction), name => Assert.Matches(@"\.spline_(weight|scaler)$", name));
        Assert.All(Names(ParameterRole.HiddenMatrix), name => Assert.Matches(@"^transformer\.h\..*\.(base_)?weight$", name));
        Assert.Equal(tied ? [] : [placement == KanPlacement.All ? "lm_head.layers.0.base_weight" : "lm_head.weight"], Names(ParameterRole.Head));
        Assert.Equal(placement != KanPlacement.None, Names(ParameterRole.KanFunction).Length > 0);

        string[] Names(ParameterRole role) => [.. groups.Where(group => group.Role == role).SelectMany(group => group.Parameters).Select(entry => entry.Name)];
    }

    public static TheoryData<string, string> KindsAndSharings() =>
        [.. from kind in KanKinds.All from sharing in (string[])["edge", "channel", "group:2"] where sharing != "edge" || !kind.IsFunction select (kind.Kind, sharing)];

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Every_kind_of_KAN_layer_tells_functions_matrices_and_vectors_apart(string kind, string sharing)
    {
        using KanLinear layer = new(6, 5, KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) });
        Dictionary<ParameterRole, IReadOnlyList<(string Name, Parameter Parameter)>> groups = ParameterGroups.Of(layer, 0.1).ToDictionary(group => group.Role, group => group.Parameters);
        Assert.Equal(layer.named_parameters().Count(), groups.Values.Sum(group => group.Count));
        Assert.NotEmpty(groups[ParameterRole.KanFunction]);
        Assert.DoesNotContain(groups[ParameterRole.KanFunction], entry => entry.Name.EndsWith("bias", StringComparison.Ordinal));
        Assert.All(groups.GetValueOrDefault(ParameterRole.HiddenMatrix) ?? [], entry => Assert.Equal([5, 6], entry.Parameter.shape));
        Assert.All(groups.GetValueOrDefault(ParameterRole.Vector) ?? [], entry => Assert.Matches("bias$|norm", entry.Name));
        Assert.Equal(sharing != "edge" || layer.BaseWeight is not null, groups.ContainsKey(ParameterRole.HiddenMatrix));
    }

    [Theory]
    [InlineData(KanPlacement.None)]
    [InlineData(KanPlacement.All)]
    public void Packed_matrices_and_taps_of_convolutions_are_told(KanPlacement placement)
    {
        using Kansformer model = new(new KansformerOptions { Layers = 2, Heads = 2, Width = 16, VocabularySize = 11, BlockSize = 8, Placement = placement });
        Dictionary<ParameterRole, ParameterGroup> groups = ParameterGroups.Of(model, 0.1).ToDictionary(group => group.Role);
        Assert.All(groups[ParameterRole.Convolution].Parameters, entry => Assert.Equal([16, 4], entry.Parameter.shape));
        Assert.Equal(4, groups[ParameterRole.Convolution].Parameters.Count); // before attention and feed-forward
        ParameterGroup matrices = groups[ParameterRole.HiddenMatrix];
        (string Name, Parameter Parameter)[] packed = [.. matrices.Parameters.Where(entry => entry.Parameter.shape[0] == 48)];
        Assert.Equal(2, packed.Length);
        Assert.Equal(packed.Select(entry => entry.Name).Order(StringComparer.Ordinal), matrices.RowParts.Keys.Order(StringComparer.Ordinal));
        Assert.All(matrices.RowParts.Values, parts => Assert.Equal(3, parts));
        Assert.NotEmpty(groups[ParameterRole.KanFunction].Parameters);
        Assert.False(ParameterGroups.Decays(ParameterRole.Convolution));
    }

    [Fact]
    public void The_order_of_sums_and_checkpoints_is_that_of_the_originals_two_groups()
    {
        using Gpt model = Model(KanPlacement.Mlp, tied: false);
        string[] order = [.. ParameterGroups.InOrder(ParameterGroups.Of(model, 0)).Select(entry => entry.Name)];
        string[] still = ["bias", ".ln_", ".wte.", ".wpe."];
        bool[] decays = [.. order.Select(name => !still.Any(part => name.Contains(part, StringComparison.Ordinal)))];
        int count = decays.Count(decay => decay);
        Assert.All(decays[..count], Assert.True);
        Assert.Equal(order[..count].Order(StringComparer.Ordinal), order[..count]);
        Assert.Equal(order[count..].Order(StringComparer.Ordinal), order[count..]);
    }

    [Fact]
    public void A_rule_sets_rate_and_decay_of_its_role_alone()
    {
        using Gpt model = Model(KanPlacement.All, tied: false);
        RoleRule[] rules = [new(ParameterRole.Embedding, 0.5, 0.2), new(ParameterRole.KanFunction, 3), new(ParameterRole.Vector, 0)];
        Dictionary<ParameterRole, (double, double)> groups =
            ParameterGroups.Of(model, 0.1, rules).ToDictionary(group => group.Role, group => (group.RateFactor, group.WeightDecay));
        Assert.Equal((0.5, 0.2), groups[ParameterRole.Embedding]);
        Assert.Equal((3, 0.1), groups[ParameterRole.KanFunction]);
        Assert.Equal((0, 0), groups[ParameterRole.Vector]);
        Assert.Equal((1, 0.1), groups[ParameterRole.HiddenMatrix]);
    }

    public static TheoryData<string, RoleRule?[]> WrongRules => new()
    {
        { "the rate factor of Head is -1", [new(ParameterRole.Head, -1)] },
        { "the rate factor of Head is NaN", [new(ParameterRole.Head, double.NaN)] },
        { "the weight decay of Vector is -0.1", [new(ParameterRole.Vector, 1, -0.1)] },
        { "the weight decay of Vector is Infinity", [new(ParameterRole.Vector, 1, double.PositiveInfinity)] },
        { "a rule's role is 77", [new((ParameterRole)77)] },
        { "a rule's role is empty", [null] },
        { "there are 2 rules for Head", [new(ParameterRole.Head), new(ParameterRole.Head, 2)] },
    };

    [Theory]
    [MemberData(nameof(WrongRules))]
    public void A_rule_that_cannot_be_is_named(string words, RoleRule?[] rules) =>
        Assert.StartsWith(words, Assert.Throws<KansformersException>((TinyTraining.Options with { Roles = rules! }).Validate).Message, StringComparison.Ordinal);

    private static Gpt Model(KanPlacement placement, bool tied) =>
        new(TinyTraining.Model with { Layers = 2, VocabularySize = 11, Placement = placement, TiedHead = tied });
}
