using Kansformers.Checkpoints;
using Kansformers.Golden;
using Kansformers.Kan;
using Kansformers.Tests.Checkpoints;

namespace Kansformers.Tests.Golden;

public class GoldenTests
{
    public static TheoryData<string> Committed => ["kan-layer/kanlinear_noscaler.safetensors", "kan-layer/kanlinear_order1.safetensors", "kan-layer/kanlinear_order2.safetensors", "mingpt_gpt_small", "hf_gpt2", "hf_bart", "pykan/pykan_plain.safetensors", "pykan/pykan_mult.safetensors", .. Encoders];

    private static IEnumerable<string> Encoders => from family in (string[])["bert", "distilbert", "roberta"] from head in (string[])["mlm", "cls"] select $"hf_{family}_{head}";

    /// <summary>One file for each configuration of a kind of KAN layer.</summary>
    public static TheoryData<string> Kinds => [.. Directory.GetFiles(Fixture("kan-kinds"), "*.safetensors").Select(path => $"kan-kinds/{Path.GetFileName(path)}").Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_the_programs_of_every_kind_computed_is_reproduced(string name) => AssertAgrees(Fixture(name));

    [Fact]
    public void There_is_a_file_for_every_kind()
    {
        HashSet<string> kinds = [new BSplineOptions().Kind]; // its files are those of a layer: see Committed
        foreach (string path in Directory.GetFiles(Fixture("kan-kinds"), "*.safetensors"))
        {
            using TensorFile file = StateDictionary.Load(path);
            kinds.Add(KanKindGolden.Options(file).Kind);
        }

        Assert.Empty(KanKinds.Names.Except(kinds));
    }

    [Theory]
    [MemberData(nameof(Committed))]
    public void What_the_original_programs_computed_is_reproduced(string name) => AssertAgrees(Fixture(name));

    [Theory]
    [InlineData("kanlinear_default.safetensors")]
    [InlineData("kansformers_gpt_small")]
    [InlineData("hf_gpt2")]
    [InlineData("hf_tiny_gpt2_folder")]
    [InlineData("hf_tiny_bert_folder")]
    public void What_the_original_programs_computed_is_reproduced_beside_the_checkout(string name) =>
        AssertAgrees(SharedFolder.Require("golden", name));

    [Fact]
    public void A_difference_is_found()
    {
        using TestFolder folder = new();
        byte[] file = File.ReadAllBytes(Fixture("kan-layer/kanlinear_order1.safetensors"));
        file[^5] ^= 0x40; // in the last tensor's data
        string path = folder["changed.safetensors"];
        File.WriteAllBytes(path, file);
        GoldenReport report = GoldenRunner.Run(path);
        Assert.False(report.Ok);
        Assert.InRange(report.Rows.Count(row => !row.Ok), 1, 2);
    }

    [Fact]
    public void Beams_that_found_no_more_than_greedy_choice_are_told()
    {
        Assert.StartsWith("beam4: every text is that of greedy choice", GoldenRunner.Run(Fixture("hf_bart")).Note, StringComparison.Ordinal);
        using TestFolder folder = new();
        foreach (string path in Directory.GetFiles(Fixture("hf_bart")))
            File.Copy(path, folder[Path.GetFileName(path)]);
        using (TensorFile expected = StateDictionary.Load(Path.Combine(Fixture("hf_bart"), "expected.safetensors")))
        {
            StateDictionary.Save(folder["expected.safetensors"], [.. expected.Tensors.Select(tensor =>
            {
                byte[] bytes = new byte[tensor.ByteLength];
                tensor.CopyTo(bytes);
                if (tensor.Name == "beam4")
                    bytes[8] ^= 1; // the second token of the first text
                return StoredTensor.Create(tensor.Name, tensor.Type, tensor.Shape, bytes);
            })], new Dictionary<string, string>(expected.Metadata));
        }

        Assert.Null(GoldenRunner.Run(folder.Path).Note);
    }

    [Fact]
    public void A_folder_of_golden_files_and_folders_stands_for_each_of_them()
    {
        Assert.Equal(Kinds.Count, GoldenRunner.Expand(Fixture("kan-kinds")).Count);
        Assert.Equal([Fixture("mingpt_gpt_small")], GoldenRunner.Expand(Fixture("mingpt_gpt_small")));
        Assert.Equal(["missing"], GoldenRunner.Expand("missing"));
    }

    [Fact]
    public void A_path_that_is_no_golden_file_is_refused()
    {
        using TestFolder folder = new();
        Assert.Throws<KansformersException>(() => GoldenRunner.Run(folder.Path));
        Assert.Throws<KansformersException>(() => GoldenRunner.Run(folder["missing.safetensors"]));
    }

    private static string Fixture(string name) => CheckpointFiles.Fixture(name.Split('/'));

    private static void AssertAgrees(string path)
    {
        GoldenReport report = GoldenRunner.Run(path);
        Assert.NotEmpty(report.Rows);
        Assert.All(report.Rows, row => Assert.True(row.Ok, $"{row.Name}: relative difference {row.Relative:0.0e+00}, tolerance {row.Tolerance:0.0e+00}"));
    }
}
