using Kansformers.Kan;
using Kansformers.Training;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Kansformers.Tests.Kan;

/// <summary>Gates: rings and pairs of learned and fixed functions against plain operations in float64.</summary>
public sealed class KanGateTests
{
    private static readonly KanOptions Splines = KanSettings.Parse("bspline:outside=linear,grid-size=12,grid-low=-3,grid-high=3,base-activation=none");

    public static TheoryData<string, GateForm> Cases()
    {
        TheoryData<string, GateForm> cases = [];
        foreach (KanOptions kind in KanKinds.All)
        {
            foreach (GateForm form in Enum.GetValues<GateForm>())
                cases.Add(kind.Kind, form);
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Output_and_every_gradient_agree_with_the_float64_reference(string kind, GateForm form)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        foreach ((string sharing, int width) in (IEnumerable<(string, int)>)[("group:3", 21), ("channel", 5), ("group:1", 1), ("group:1", 2), ("group:2", 70)])
        {
            KanOptions options = KanKinds.Named(kind) with { Sharing = KanSharing.Parse(sharing) };
            if (width < 3 && options.Norm == InputNorm.LayerNorm)
                options = options with { Norm = InputNorm.None }; // so few are all zero behind a layer norm
            using KanGate gate = new(width, options, form);
            using (no_grad())
            {
                foreach (Parameter parameter in gate.parameters())
                    parameter.add_(randn_like(parameter) * 0.1);
            }

            ElementCheck.Agrees(gate, randn(77, gate.InputWidth) * 1.3 + 0.3, 2e-5);
            ElementCheck.Agrees(gate, randn(1, gate.InputWidth), 2e-5);
        }
    }

    [Theory]
    [InlineData(GateForm.Ring)]
    [InlineData(GateForm.Pair)]
    public void Fixed_functions_and_learned_ones_go_together(GateForm form)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(5);
        GateFunction learned = GateFunction.Learned(Splines with { Sharing = KanSharing.Group(2) }, ActivationStart.Silu);
        foreach (BaseActivation activation in Enum.GetValues<BaseActivation>())
        {
            foreach (GateFunction other in (GateFunction[])[GateFunction.Fixed(BaseActivation.Identity), learned])
            {
                using KanGate one = new(38, GateFunction.Fixed(activation), other, form), two = new(38, other, GateFunction.Fixed(activation), form);
                ElementCheck.Agrees(one, randn(33, one.InputWidth), 2e-5);
                ElementCheck.Agrees(two, randn(33, two.InputWidth), 2e-5);
            }
        }
    }

    [Fact]
    public void A_pair_of_SiLU_and_the_identity_is_SwiGLU_and_learned_ones_begin_so()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(6);
        Tensor x = randn(7, 64).clamp_(-3, 3); // within the grid: beyond it functions begin as straight lines
        Tensor expected = nn.functional.silu(x.narrow(1, 0, 32)) * x.narrow(1, 32, 32);
        using KanGate plain = new(32, GateFunction.Fixed(BaseActivation.Silu), GateFunction.Fixed(BaseActivation.Identity), GateForm.Pair);
        EngineCheck.Close("SwiGLU", plain.forward(x), expected, 1e-6);
        Assert.Empty(plain.parameters());
        using KanGate learned = new(32, Splines with { Sharing = KanSharing.Group(2) }, GateForm.Pair);
        EngineCheck.Close("its start", learned.forward(x), expected, 1e-3);
    }

    [Fact]
    public void On_a_ring_a_channel_is_gated_by_the_one_before_with_that_ones_function()
    {
        using var scope = NewDisposeScope();
        using KanGate gate = new(4, Splines with { Sharing = KanSharing.Channel });
        using (no_grad())
            gate.Psi!.get_parameter("function_weight")![2] *= 3;
        Tensor x = tensor(new float[] { 1, -0.5f, 0.25f, 2 }), y = gate.forward(x), expected = nn.functional.silu(x) * tensor(new float[] { 2, 1, -0.5f, 0.75f });
        EngineCheck.Close("ring", y, expected, 2e-3);
    }

    [Fact]
    public void What_is_frozen_gets_no_gradient()
    {
        using var scope = NewDisposeScope();
        using KanGate gate = new(32, Splines with { Sharing = KanSharing.Group(2) });
        foreach (Parameter parameter in gate.Psi!.parameters())
            parameter.requires_grad = false;
        Tensor x = randn(5, 32);
        gate.forward(x).sum().backward();
        Assert.All(gate.Psi.parameters(), parameter => Assert.Null(parameter.grad));
        Assert.All(gate.Phi!.parameters(), parameter => Assert.NotNull(parameter.grad));
        foreach (Parameter parameter in gate.Phi!.parameters())
            parameter.requires_grad = false;
        Assert.False(gate.forward(x).requires_grad);
        Tensor leaf = x.clone().requires_grad_();
        gate.forward(leaf).sum().backward();
        Assert.NotNull(leaf.grad);
    }

    [Theory]
    [InlineData("bspline", GateForm.Ring)]
    [InlineData("rational", GateForm.Pair)]
    [InlineData("switch:norm=none", GateForm.Ring)]
    public void Single_tokens_are_computed_in_memory_alone(string kind, GateForm form)
    {
        using var scope = NewDisposeScope();
        foreach (KanSharing sharing in (KanSharing[])[KanSharing.Group(2), KanSharing.Channel])
        {
            using KanGate gate = new(44, KanSettings.Parse(kind) with { Sharing = sharing }, form);
            Tensor x = randn(1, gate.InputWidth), y = gate.forward(x);
            using ITokenLayer tokens = gate.OpenTokens()!;
            Assert.Equal(44, tokens.Outputs);
            Assert.True(y.data<float>().ToArray().SequenceEqual(Run(tokens, x.data<float>().ToArray())));
        }
    }

    [Fact]
    public void Parameters_are_KAN_functions_to_an_optimizer()
    {
        using KanGate gate = new(32, KanKinds.Named("switch") with { Sharing = KanSharing.Group(2) });
        IReadOnlyList<ParameterGroup> groups = ParameterGroups.Of(gate, 0.1);
        string[] functions = [.. groups.Single(group => group.Role == ParameterRole.KanFunction).Parameters.Select(entry => entry.Name)];
        Assert.Contains("phi.function_weight", functions);
        Assert.Contains("psi.rbf.grid", functions);
        Assert.All(groups.Where(group => group.Role != ParameterRole.KanFunction), group => Assert.Equal(ParameterRole.Vector, group.Role));
    }

    [Fact]
    public void Shares_outside_the_grid_are_told_for_each_side()
    {
        using var scope = NewDisposeScope();
        using KanGate gate = new(32, Splines with { Sharing = KanSharing.Group(2) }, GateForm.Pair);
        Tensor x = cat([full(5, 32, 4.0), zeros(5, 32)], dim: 1);
        Assert.Equal([("phi", 1.0), ("psi", 0.0)], OutsideGrid.Measure(gate, () => gate.forward(x)));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        using var scope = NewDisposeScope();
        random.manual_seed(9);
        Tensor x = randn(700, 64), upstream = randn(700, 64);
        int before = get_num_threads();
        List<Tensor[]> runs = [];
        using KanGate gate = new(64, Splines with { Sharing = KanSharing.Group(4) });
        try
        {
            foreach (int threads in (int[])[1, 2, 3])
            {
                set_num_threads(threads);
                Tensor leaf = x.clone().requires_grad_(), y = gate.forward(leaf);
                runs.Add([y.detach(), .. autograd.grad([y], [leaf, .. gate.parameters()], [upstream])]);
            }
        }
        finally
        {
            set_num_threads(before);
        }

        foreach (Tensor[] run in runs)
            Assert.All(run.Zip(runs[0]), pair => Assert.True(pair.First.equal(pair.Second).all().item<bool>()));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Two_splines_on_the_same_knots_go_together_at_every_vector_width(int lanes)
    {
        using var scope = NewDisposeScope();
        random.manual_seed(7);
        foreach (string form in (string[])["bspline:outside=linear,grid-size=12,grid-low=-3,grid-high=3,base-activation=none", "bspline:base-activation=none", "bspline:spline-order=2,outside=linear,base-activation=none"])
        {
            using KanGate gate = new(99, KanSettings.Parse(form) with { Sharing = KanSharing.Group(3) }) { Engine = EngineSettings.OfThisMachine with { Lanes = lanes } };
            ElementCheck.Agrees(gate, randn(77, 99) * 1.5, 2e-5);
            ElementCheck.Agrees(gate, (randn(40, 99) * 0.5 + 0.1).masked_fill(rand(40, 99) > 0.97, 300), 2e-5);
        }
    }

    private static unsafe float[] Run(ITokenLayer layer, float[] x)
    {
        float[] y = new float[layer.Outputs];
        fixed (float* from = x, to = y)
            layer.Run(from, to);
        return y;
    }
}
