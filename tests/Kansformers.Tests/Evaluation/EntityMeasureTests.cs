using Kansformers.Evaluation;

namespace Kansformers.Tests.Evaluation;

/// <summary>Entities and their measures, counted by hand by the rules of conlleval.</summary>
public class EntityMeasureTests
{
    [Theory]
    [InlineData("O O", "")]
    [InlineData("B-A I-A O B-B", "0-1 A, 3-3 B")]
    [InlineData("B-A B-A", "0-0 A, 1-1 A")]
    [InlineData("I-A I-A", "0-1 A")] // IOB1: what goes on with nothing begins
    [InlineData("O I-A I-B", "1-1 A, 2-2 B")]
    [InlineData("B-A I-B I-B", "0-0 A, 1-2 B")]
    [InlineData("I-A B-A I-A", "0-0 A, 1-2 A")]
    [InlineData("B I O I", "0-1 , 3-3 ")]
    [InlineData("B-X-Y I-X-Y", "0-1 X-Y")]
    public void Entities_are_those_of_conlleval(string labels, string entities) =>
        Assert.Equal(entities, string.Join(", ", EntityMeasures.In(labels.Split(' ')).Select(entity => $"{entity.First}-{entity.Last} {entity.Type}")));

    [Fact]
    public void Measures_are_counted_by_whole_entities()
    {
        // Wanted: PER 0-1, LOC 3, PER 5 | ORG 0-1. Found: PER 0-1 (right), LOC 3-4 (too long), ORG 5 (another type) | ORG 0-1 (right), LOC 2 (nothing there).
        EntityMeasures found = EntityMeasures.Of(
        [
            ("B-PER I-PER O B-LOC O B-PER".Split(' '), "B-PER I-PER O B-LOC I-LOC B-ORG".Split(' ')),
            ("B-ORG I-ORG O".Split(' '), "I-ORG I-ORG B-LOC".Split(' ')),
        ]);
        Assert.Equal((4, 2 / 5.0, 2 / 4.0, 4 / 9.0), (found.Entities, found.Precision, found.Recall, found.F1));
        Assert.Equal([new("LOC", 0, 0, 0, 1), new("ORG", 1 / 2.0, 1, 2 / 3.0, 1), new("PER", 1, 1 / 2.0, 2 / 3.0, 2)], found.Types);
        EntityMeasures none = EntityMeasures.Of([(["O"], ["O"])]);
        Assert.Equal((0, 0.0, 0.0), (none.Entities, none.F1, none.Precision));
        Assert.Throws<ArgumentException>(() => EntityMeasures.Of([(["O"], [])]));
    }

    [Theory]
    [InlineData("O,B-A,I-A", true)]
    [InlineData("B,I,O", true)]
    [InlineData("O", false)]
    [InlineData("O,NN,VB", false)]
    [InlineData("0,1,2", false)]
    [InlineData("O,B-A,S-A", false)]
    public void Labels_of_entities_are_known_by_their_names(string names, bool are) => Assert.Equal(are, EntityMeasures.AreFor(names.Split(',')));
}
