using Kansformers.Kan;
using Kansformers.Tests.Kan;
using Kansformers.Transformers;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Transformers.Swapping;

/// <summary>Linear layers of modules that the library has never seen become KAN layers in place.</summary>
public class LinearReplacementTests
{
    public static TheoryData<string> Containers => SwapModules.Names;

    public static TheoryData<string, string> KindsAndSharings() => KanKindTests.KindsAndSharings();

    [Theory]
    [MemberData(nameof(Containers))]
    public void Every_container_computes_the_same_with_no_linear_layer_left(string container)
    {
        random.manual_seed(1);
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> module = SwapModules.Make(container);
        Tensor x = randn(5, SwapModules.Width), before = module.forward(x);
        string[] names = [.. LinearReplacement.Find(module).Select(site => site.Name)];
        Assert.NotEmpty(names);

        SwapReport report = LinearReplacement.Replace(module);

        Assert.Equal(names, report.Replaced.Select(layer => layer.Name));
        Assert.Empty(report.Skipped);
        Assert.Empty(LinearReplacement.Find(module));
        Assert.Equal(names, module.named_modules().Where(entry => entry.module is KanLinear).Select(entry => entry.name).Distinct());
        Close(before, module.forward(x), 1e-5);
        Assert.All(module.parameters(), parameter => Assert.True(parameter.requires_grad));
        module.forward(x).pow(2).sum().backward();
        Assert.All(report.Replaced, layer => Assert.True(layer.Kan!.Coefficients.grad!.abs().max().item<float>() > 0, layer.Name));
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Every_kind_computes_what_the_linear_layer_did(string kind, string sharing)
    {
        random.manual_seed(2);
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("fields");
        Tensor x = randn(40, SwapModules.Width) * 3, before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { Kan = KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) } });
        Close(before, module.forward(x), 2e-5);
        Assert.All(report.Replaced, layer => Assert.True(layer.Match!.RelativeError < 1e-5, layer.ToString()));
        Assert.All(report.Replaced, layer => Assert.Equal(KanAgreement.Exact, layer.Match!.How));
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Every_kind_begins_anew_where_that_is_wanted(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("sequential");
        KanOptions options = KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) };
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { Kan = options, Start = SwapStart.Fresh });
        Assert.Equal(2, report.Replaced.Count());
        Assert.All(report.Replaced, layer => Assert.Null(layer.Match));
        Assert.All(report.Replaced, layer => Assert.Equal(options, layer.Kan!.Options with { Bias = options.Bias }));
        Assert.True(module.forward(randn(3, SwapModules.Width)).isfinite().all().item<bool>());
    }

    [Fact]
    public void A_policy_chooses_by_name_parent_size_depth_and_function()
    {
        Assert.Equal(["last._down"], Chosen(new SwapPolicy { Names = ["last.*"], Except = ["*_up"] }));
        Assert.Equal(["blocks.0.0"], Chosen(new SwapPolicy { Parents = [typeof(Sequential)] }));
        Assert.Equal(["blocks.0.0"], Chosen(new SwapPolicy { LargestWeight = 64 }));
        Assert.Equal(["last._up", "last._down"], Chosen(new SwapPolicy { GreatestDepth = 2 }));
        Assert.Equal(["blocks.1.0._down", "last._down"], Chosen(new SwapPolicy { Where = site => !site.HasBias }));

        static string[] Chosen(SwapPolicy policy)
        {
            using nn.Module<Tensor, Tensor> module = SwapModules.Make("nested");
            SwapReport report = LinearReplacement.Replace(module, policy);
            Assert.Equal(5, report.Layers.Count);
            Assert.All(report.Skipped, layer => Assert.NotEmpty(layer.Reason!));
            return [.. report.Replaced.Select(layer => layer.Name)];
        }
    }

    [Fact]
    public void Each_layer_can_be_of_a_kind_of_its_own()
    {
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("sequential");
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { KanOf = site => site.Inputs > 8 ? new ChebyshevOptions() : new RationalOptions() });
        Assert.Equal(["rational", "chebyshev"], report.Replaced.Select(layer => layer.Kan!.Options.Kind));
    }

    [Fact]
    public void A_shared_layer_is_replaced_once_and_shared_still()
    {
        using var scope = NewDisposeScope();
        Linear layer = nn.Linear(8, 8);
        using Sequential module = nn.Sequential(("a", layer), ("act", nn.Tanh()), ("b", layer), ("inner", nn.Sequential(("c", layer))));
        Tensor x = randn(4, 8), before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module);
        Assert.Equal(["a", "b", "inner.c"], LinearReplacementNames(module));
        Assert.Single(report.Layers);
        Assert.Single(module.modules().OfType<KanLinear>().Distinct());
        Close(before, module.forward(x), 1e-5);

        static IEnumerable<string> LinearReplacementNames(nn.Module module) => module.named_modules().Where(entry => entry.module is KanLinear).Select(entry => entry.name).Order(StringComparer.Ordinal);
    }

    [Fact]
    public void The_layers_of_a_shared_module_have_all_its_names()
    {
        nn.Module<Tensor, Tensor> block = SwapModules.Make("fields");
        using Sequential module = nn.Sequential(("first", block), ("second", block));
        LinearSite site = LinearReplacement.Find(module)[0];
        Assert.Equal(["first._up", "second._up"], site.Names);
        Assert.Equal(2, LinearReplacement.Replace(module).Replaced.Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_weight_that_is_an_embeddings_too_stays_unless_the_policy_copies_it(bool copy)
    {
        using var scope = NewDisposeScope();
        using TiedModule module = new();
        Tensor x = tensor([1L, 3L, 2L]), before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { Tied = copy ? TiedLayers.Copy : TiedLayers.Skip });
        Assert.Equal(copy ? null : "its parameters are those of 'table.weight' as well", report.Layers.Single().Reason);
        Close(before, module.forward(x), 1e-5);
    }

    [Fact]
    public void Two_linear_layers_with_one_weight_are_tied()
    {
        Linear one = nn.Linear(8, 8), two = nn.Linear(8, 8);
        two.weight = one.weight;
        using Sequential module = nn.Sequential(("one", one), ("two", two));
        SwapReport report = LinearReplacement.Replace(module);
        Assert.Equal(["its parameters are those of 'two.weight' as well", "its parameters are those of 'one.weight' as well"], report.Skipped.Select(layer => layer.Reason!));
    }

    [Fact]
    public void A_field_that_holds_linear_layers_only_keeps_its_layer_and_the_report_says_so()
    {
        using NarrowModule module = new();
        SwapReport report = LinearReplacement.Replace(module);
        Assert.Equal(
            [
                "the field _field of NarrowModule holds a Linear only; declare it as Module<Tensor, Tensor>",
                "element 0 of the field _list of ModuleList`1 holds a Linear only; declare it as Module<Tensor, Tensor>",
            ],
            report.Skipped.Select(layer => layer.Reason!));
        Assert.Equal("wide", report.Replaced.Single().Name);
    }

    [Fact]
    public void A_layer_stays_where_a_delegate_or_a_set_holds_it_and_the_report_says_so()
    {
        using var scope = NewDisposeScope();
        using FixedModule module = new();
        Tensor x = randn(3, 8), before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module);
        Assert.Equal(
            [
                "the field _run of FixedModule calls a method of the layer itself; let it be a lambda that calls a field of the type Module<Tensor, Tensor>",
                "the field _set of FixedModule is a HashSet`1, in which a layer cannot be exchanged; take a list or a dictionary",
            ],
            report.Skipped.Select(layer => layer.Reason!));
        Assert.Equal("free", report.Replaced.Single().Name);
        Close(before, module.forward(x), 1e-5);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_module_is_as_it_was_when_a_place_takes_no_other_layer(bool evenBack)
    {
        using var scope = NewDisposeScope();
        using ChoosyModule module = new(evenBack);
        Tensor x = randn(3, 8), before = module.forward(x);
        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => LinearReplacement.Replace(module)).Message);
        Assert.Equal(3, LinearReplacement.Find(module).Count);
        Close(before, module.forward(x), 0);
        Assert.Equal("no", Assert.Throws<InvalidOperationException>(() => LinearReplacement.Replace(module, new SwapPolicy { Calibrate = () => module.forward(x) })).Message);
        Close(before, module.forward(x), 0);
    }

    [Fact]
    public void A_module_is_as_it_was_when_a_layer_cannot_be_made()
    {
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("nested");
        Tensor x = randn(4, 8), before = module.forward(x);
        string[] names = [.. module.state_dict().Keys];
        SwapPolicy policy = new() { KanOf = site => site.Name == "last._down" ? new RationalOptions { Sharing = KanSharing.Group(5) } : new BSplineOptions() };
        KansformersException failure = Assert.Throws<KansformersException>(() => LinearReplacement.Replace(module, policy));
        Assert.Contains("'last._down' cannot become a KAN layer", failure.Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => LinearReplacement.Replace(module, new SwapPolicy { Calibrate = () => throw new InvalidOperationException() }));
        Assert.Equal(names, module.state_dict().Keys);
        Assert.Equal(5, LinearReplacement.Find(module).Count);
        Close(before, module.forward(x), 0);
    }

    [Fact]
    public void Mode_hooks_and_what_was_frozen_stay()
    {
        using var scope = NewDisposeScope();
        Linear first = nn.Linear(8, 8), last = nn.Linear(8, 8);
        using Sequential module = nn.Sequential(("first", first), ("last", last));
        first.weight.requires_grad = false;
        last.eval();
        int calls = 0;
        var hook = last.register_forward_hook((_, _, y) =>
        {
            calls++;
            return y * 2;
        });
        Tensor x = randn(3, 8), before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module);
        KanLinear[] layers = [.. report.Replaced.Select(layer => layer.Kan!)];
        Assert.True(layers[0].training);
        Assert.False(layers[1].training);
        Close(before, module.forward(x), 1e-5);
        Assert.Equal(2, calls);
        hook.remove();
        module.forward(x);
        Assert.Equal(2, calls);
        Assert.Equal(["bias"], layers[0].named_parameters().Where(entry => entry.parameter.requires_grad).Select(entry => entry.name));
        Assert.Equal("frozen, as it was", report.Layers[0].Note);
        Assert.All(layers[1].parameters(), parameter => Assert.True(parameter.requires_grad));
    }

    [Fact]
    public void Frozen_layers_stay_frozen_whatever_else_there_is_to_say_of_them()
    {
        using var scope = NewDisposeScope();
        Linear one = nn.Linear(8, 8), two = nn.Linear(8, 8), apart = nn.Linear(8, 8);
        two.weight = one.weight;
        using Sequential module = nn.Sequential(("one", one), ("two", two));
        using Sequential whole = nn.Sequential(("run", module), ("apart", apart));
        (one.weight!.requires_grad, apart.weight!.requires_grad) = (false, false);
        SwapReport report = LinearReplacement.Replace(whole, new SwapPolicy { Tied = TiedLayers.Copy, Calibrate = () => module.forward(randn(20, 8)) });
        Assert.Equal(
            ["tied to 'run.two.weight' no longer; frozen, as it was", "tied to 'run.one.weight' no longer; frozen, as it was", "the calibration did not reach it; frozen, as it was"],
            report.Layers.Select(layer => layer.Note));
        Assert.All(report.Replaced, layer => Assert.Equal(["bias"], layer.Kan!.named_parameters().Where(entry => entry.parameter.requires_grad).Select(entry => entry.name)));
    }

    [Theory]
    [InlineData(FrozenLayers.Skip, 1)]
    [InlineData(FrozenLayers.Train, 2)]
    public void Frozen_layers_stay_or_are_learned_where_the_policy_says_so(FrozenLayers rule, int replaced)
    {
        Linear first = nn.Linear(8, 8);
        first.weight.requires_grad = false;
        using Sequential module = nn.Sequential(first, nn.Linear(8, 8));
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { Frozen = rule });
        Assert.Equal(replaced, report.Replaced.Count());
        Assert.All(report.Replaced, layer => Assert.All(layer.Kan!.parameters(), parameter => Assert.True(parameter.requires_grad)));
    }

    [Theory]
    [MemberData(nameof(KindsAndSharings))]
    public void Layers_in_other_types_keep_them(string kind, string sharing)
    {
        using var scope = NewDisposeScope();
        foreach (ScalarType type in (ScalarType[])[ScalarType.BFloat16, ScalarType.Float16, ScalarType.Float64])
        {
            using Sequential module = nn.Sequential(nn.Linear(8, 8, dtype: type));
            Tensor x = randn(6, 8).to_type(type), before = module.forward(x);
            LinearReplacement.Replace(module, new SwapPolicy { Kan = KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) } });
            Assert.All(module.parameters(), parameter => Assert.Equal(type, parameter.dtype));
            Close(before.to_type(ScalarType.Float32), module.forward(x).to_type(ScalarType.Float32), type switch { ScalarType.BFloat16 => 0.05, ScalarType.Float16 => 5e-3, _ => 1e-5 });
        }
    }

    [Fact]
    public void A_calibration_puts_grids_where_the_inputs_are()
    {
        random.manual_seed(3);
        using var scope = NewDisposeScope();
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("list");
        Tensor x = randn(500, 8) * 4 + 10, before = module.forward(x);
        SwapReport report = LinearReplacement.Replace(module, new SwapPolicy { Calibrate = () => module.forward(x) });
        Tensor knots = report.Layers[0].Kan!.Grid!;
        Assert.InRange(knots.select(1, 3).mean().item<float>(), -8, 2);
        Assert.InRange(knots.select(1, 8).mean().item<float>(), 18, 28);
        Assert.True(report.Layers[0].Match!.Range!.Value.High > 15);
        Assert.All(report.Layers, layer => Assert.Equal(500, layer.Match!.Samples));
        Close(before, module.forward(x), 1e-5);
        Assert.True(module.training);
    }

    [Fact]
    public void A_calibration_that_runs_no_layer_is_refused()
    {
        using nn.Module<Tensor, Tensor> module = SwapModules.Make("list");
        Assert.Contains("ran none", Assert.Throws<KansformersException>(() => LinearReplacement.Replace(module, new SwapPolicy { Calibrate = () => { } })).Message, StringComparison.Ordinal);
        Assert.Equal(3, LinearReplacement.Find(module).Count);
    }

    [Fact]
    public void What_cannot_be_replaced_is_told()
    {
        using Linear alone = nn.Linear(2, 2);
        Assert.Throws<ArgumentException>(() => LinearReplacement.Replace(alone));
        using Gpt model = TinyGpt.Make(KanPlacement.None);
        Assert.Contains("KanModelConversion", Assert.Throws<KansformersException>(() => LinearReplacement.Replace(model)).Message, StringComparison.Ordinal);
        using AroundNative around = new();
        Assert.Contains("libtorch", LinearReplacement.Replace(around).Skipped.Single().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Replaced_layers_are_disposed_unless_the_policy_keeps_them()
    {
        Linear dropped = nn.Linear(8, 8), kept = nn.Linear(8, 8);
        using Sequential one = nn.Sequential(dropped), two = nn.Sequential(kept);
        LinearReplacement.Replace(one);
        LinearReplacement.Replace(two, new SwapPolicy { DisposeReplaced = false });
        Assert.True(dropped.weight.IsInvalid);
        Assert.False(kept.weight.IsInvalid);
    }

    private static void Close(Tensor wanted, Tensor got, double tolerance)
    {
        double difference = (wanted - got).abs().max().item<float>(), largest = wanted.abs().max().item<float>();
        Assert.True(difference <= tolerance * Math.Max(1, largest), $"differs by {difference} of {largest}");
    }

    private sealed class TiedModule : nn.Module<Tensor, Tensor>
    {
        private readonly Embedding table = nn.Embedding(6, 8);
        private readonly nn.Module<Tensor, Tensor> head;

        public TiedModule()
            : base("tied")
        {
            Linear linear = nn.Linear(8, 6, hasBias: false);
            linear.weight = table.weight!;
            head = linear;
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => head.forward(table.forward(x));
    }

    private sealed class NarrowModule : nn.Module<Tensor, Tensor>
    {
        private readonly Linear _field = nn.Linear(8, 8);
        private readonly ModuleList<Linear> list = new(nn.Linear(8, 8));
        private readonly nn.Module<Tensor, Tensor> wide = nn.Linear(8, 8);

        public NarrowModule()
            : base("narrow") => RegisterComponents();

        public override Tensor forward(Tensor x) => wide.forward(list[0].forward(_field.forward(x)));
    }

    private sealed class FixedModule : nn.Module<Tensor, Tensor>
    {
        private readonly Func<Tensor, Tensor> _run;
        private readonly HashSet<nn.Module<Tensor, Tensor>> _set;
        private readonly nn.Module<Tensor, Tensor> free = nn.Linear(8, 8);

        public FixedModule()
            : base("fixed")
        {
            Linear called = nn.Linear(8, 8), listed = nn.Linear(8, 8);
            (_run, _set) = (called.forward, [listed]);
            register_module("called", called);
            register_module("listed", listed);
            RegisterComponents();
        }

        public override Tensor forward(Tensor x) => free.forward(_set.Single().forward(_run(x)));
    }

    // Its list refuses KAN layers and recorders, and, if it is said so, the linear layers that were in it as well.
    private sealed class ChoosyModule : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor> first = nn.Linear(8, 8);
        private readonly Choosy _list;

        public ChoosyModule(bool evenBack)
            : base("choosy")
        {
            RegisterComponents();
            _list = new Choosy(evenBack) { nn.Linear(8, 8), nn.Linear(8, 8) };
            register_module("second", _list[0]);
            register_module("third", _list[1]);
        }

        public override Tensor forward(Tensor x) => _list[1].forward(_list[0].forward(first.forward(x)));

        private sealed class Choosy(bool evenBack) : System.Collections.ObjectModel.Collection<nn.Module<Tensor, Tensor>>
        {
            protected override void SetItem(int index, nn.Module<Tensor, Tensor> item)
            {
                if (item is not Linear)
                    throw new InvalidOperationException("no");
                base.SetItem(index, evenBack ? throw new InvalidOperationException("not back either") : item);
            }
        }
    }

    private sealed class AroundNative : nn.Module<Tensor, Tensor>
    {
        private readonly MultiheadAttention attention = nn.MultiheadAttention(8, 2);

        public AroundNative()
            : base("native") => RegisterComponents();

        public override Tensor forward(Tensor x) => attention.forward(x, x, x, null, false, null).Item1;
    }
}
