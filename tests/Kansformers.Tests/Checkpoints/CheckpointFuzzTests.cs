using Kansformers.Checkpoints;

namespace Kansformers.Tests.Checkpoints;

/// <summary>Random damage ends in a refusal or in a file that can be read, never in another exception, and takes little memory.</summary>
public class CheckpointFuzzTests
{
    private const int Mutations = 2000;
    private const long MaximumAllocation = 8 << 20;

    [Fact]
    public void Damaged_safetensors_files_are_refused_or_read()
    {
        using TestFolder folder = new();
        string path = folder["a.safetensors"];
        SafetensorsWriter.Write(
            path,
            [
                StoredTensor.Create("layer.weight", StoredType.F32, [3, 4], new byte[48]),
                StoredTensor.Create("layer.bias", StoredType.BF16, [4], new byte[8]),
                StoredTensor.Create("mask", StoredType.Bool, [2, 2], new byte[4]),
            ],
            [new("format", "pt")]);
        Damage(folder, File.ReadAllBytes(path), Mutations);
    }

    [Fact]
    public void Damaged_archives_are_refused_or_read()
    {
        using TestFolder folder = new();
        Damage(folder, PyTorchFiles.Archive(Checkpoint(), ("data/0", new byte[24]), ("data/1", new byte[8])), Mutations);
    }

    [Fact]
    public void Damaged_legacy_files_are_refused_or_read()
    {
        using TestFolder folder = new();
        Damage(folder, PyTorchFiles.Legacy(Checkpoint(), true, ("0", 6, new byte[24]), ("1", 4, new byte[8])), Mutations);
    }

    [Fact]
    public void Damaged_pickles_in_intact_archives_are_refused_or_read()
    {
        // Here the checksum of the archive does not protect the interpreter.
        using TestFolder folder = new();
        Damage(folder, Checkpoint(), Mutations, pickle => PyTorchFiles.Archive(pickle, ("data/0", new byte[24]), ("data/1", new byte[8])));
    }

    private static byte[] Checkpoint() => PickleEmitter.Of(to => to.Dictionary(
        ("model", v => v.Dictionary(
            ("weight", t => t.Tensor("FloatStorage", "0", 6, 0, [3, 2], [1, 3])),
            ("bias", t => t.Tensor("HalfStorage", "1", 4, 1, [3], [1])))),
        ("step", v => v.Number(12)),
        ("losses", v => v.List(i => i.Float(0.5), i => i.Numbers(1, 2, 3)))));

    private static void Damage(TestFolder folder, byte[] intact, int count, Func<byte[], byte[]>? toFile = null)
    {
        toFile ??= bytes => bytes;
        Random random = new(1234);
        Assert.True(Open(folder, toFile(intact), -1));
        int read = 0;
        for (int i = 0; i < count; i++)
            read += Open(folder, toFile(Mutate(random, intact)), i) ? 1 : 0;
        TestContext.Current.TestOutputHelper?.WriteLine($"{count} mutations: {read} read, {count - read} refused");

        // Damage to padding, names and elements goes unseen; most damage does not.
        Assert.InRange(read, 1, count * 3 / 4);
    }

    private static byte[] Mutate(Random random, byte[] intact)
    {
        List<byte> bytes = [.. intact];
        for (int changes = random.Next(1, 5); changes > 0 && bytes.Count > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 17), bytes.Count - at)));
                    break;
                case 4:
                    bytes[at] = (byte)"0()[]{}\"9,.:-eRQtsu"[random.Next(19)];
                    break;
                default:
                    if (random.Next(4) == 0)
                        bytes.RemoveRange(at, bytes.Count - at);
                    else
                        bytes[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
            }
        }

        return [.. bytes];
    }

    private static bool Open(TestFolder folder, byte[] bytes, int number)
    {
        string path = folder.Write("damaged", bytes);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool read = false;
        try
        {
            using TensorFile file = StateDictionary.Load(path);
            foreach (StoredTensor tensor in file.Tensors.Where(tensor => tensor.ByteLength <= 1 << 20))
                tensor.ToArray();
            read = true;
        }
        catch (KansformersException)
        {
            // A refusal is what damage should lead to.
        }
        catch (Exception failure)
        {
            Assert.Fail($"mutation {number}: {failure}");
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaximumAllocation);
        return read;
    }
}
