using System.Reflection;
using System.Text.Json;

namespace Kansformers.Tests;

/// <summary>How the library reads and writes JSON.</summary>
public class JsonOptionsTests
{
    private static readonly FieldInfo[] Found = [.. typeof(KansformersException).Assembly.GetTypes()
        .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public)).Where(entry => entry.FieldType == typeof(JsonSerializerOptions))];

    /// <summary>The places of the library's options.</summary>
    public static TheoryData<string> Places => [.. Found.Select(entry => $"{entry.DeclaringType!.FullName}.{entry.Name}").Order(StringComparer.Ordinal)];

    // `dotnet run FILE` builds as for native code, which switches the serializer's default off.
    [Theory]
    [MemberData(nameof(Places))]
    public void Programs_in_one_file_can_read_and_write_options(string place)
    {
        FieldInfo entry = Found.Single(entry => $"{entry.DeclaringType!.FullName}.{entry.Name}" == place);
        Assert.NotNull(((JsonSerializerOptions)entry.GetValue(null)!).TypeInfoResolver);
    }
}
