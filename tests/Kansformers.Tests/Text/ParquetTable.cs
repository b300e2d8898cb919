using Parquet;
using Parquet.Schema;

namespace Kansformers.Tests.Text;

/// <summary>Values of a column that Parquet.Net is to write.</summary>
/// <param name="Texts">Texts; null of numbers.</param>
internal sealed record ParquetPart(string?[]? Texts)
{
    /// <summary>Of a column within a list: 0 where a value begins a row, 1 where it goes on in it.</summary>
    public int[]? Starts { get; init; }

    public Func<ParquetRowGroupWriter, DataField, Task>? Write { get; init; }

    public static ParquetPart Of<T>(T[] values)
        where T : struct => new((string?[]?)null) { Write = (group, field) => group.WriteAsync<T>(field, values.AsMemory()) };

    public static ParquetPart Of<T>(T?[] values)
        where T : struct => new((string?[]?)null) { Write = (group, field) => group.WriteAsync<T>(field, values.AsMemory()) };
}

/// <summary>Small Parquet files, written by Parquet.Net.</summary>
internal static class ParquetTable
{
    public static (Field Field, ParquetPart Part) Column(string name, string?[] values) => (new DataField<string>(name), new ParquetPart(values));

    public static (Field Field, ParquetPart Part) Column<T>(string name, T[] values)
        where T : struct => (new DataField<T>(name), ParquetPart.Of(values));

    public static (Field Field, ParquetPart Part) Column<T>(string name, T?[] values)
        where T : struct => (new DataField<T?>(name), ParquetPart.Of(values));

    public static Task Write(string path, int rows, params (Field Field, ParquetPart Part)[] columns) =>
        Write(path, new ParquetSchema(columns.Select(column => column.Field)), [.. columns.Select(column => column.Part)], rows);

    /// <summary>A table with columns of text, for tests that wait for nothing else.</summary>
    public static string WriteTexts(string path, params (string Name, string?[] Values)[] columns)
    {
        Task.Run(() => Write(path, 0, [.. columns.Select(column => Column(column.Name, column.Values))])).GetAwaiter().GetResult();
        return path;
    }

    public static async Task Write(string path, ParquetSchema schema, ParquetPart[] parts, int rows = 0)
    {
        await using FileStream file = File.Create(path);
        await using ParquetWriter writer = await ParquetWriter.CreateAsync(schema, file);
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        DataField[] fields = schema.GetDataFields();
        Assert.Equal(fields.Length, parts.Length);
        for (int i = 0; i < fields.Length; i++)
        {
            if (parts[i].Write is { } write)
                await write(group, fields[i]);
            else if (parts[i].Starts is int[] starts)
                await group.WriteAsync(fields[i], parts[i].Texts!, starts);
            else
                await group.WriteAsync(fields[i], (IReadOnlyCollection<string?>)parts[i].Texts!);
        }
    }
}
